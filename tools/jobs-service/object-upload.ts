/**
 * What a PutObject of S3 carries: the bytes as they are, or in the chunks of `aws-chunked`, with checksums by which S3 refuses what was
 * damaged on its way (Amazon S3 User Guide, "Checking object integrity").
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { ObjectError } from "./object-errors";

export interface Upload {
  readonly bytes: Uint8Array;
  /** What S3 tells again on HEAD when it is asked to: `x-amz-checksum-…` and its value. */
  readonly checksums: Readonly<Record<string, string>>;
}

type Headers = Readonly<Record<string, string>>;

/** How the SDKs send what they read from a stream over HTTPS: the checksum follows the bytes, and no signature covers them. */
const chunkedPayload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/** Base64. CRC32C and CRC64NVME are taken on trust: TCP and TLS have checked those bytes, and no SDK in the tests sends them. */
const checksumOf: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  "content-md5": (bytes) => createHash("md5").update(bytes).digest("base64"),
  "x-amz-checksum-sha256": (bytes) => createHash("sha256").update(bytes).digest("base64"),
  "x-amz-checksum-sha1": (bytes) => createHash("sha1").update(bytes).digest("base64"),
  "x-amz-checksum-crc32"(bytes) {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(bytes));
    return sum.toString("base64");
  },
};

/** The bytes and the trailing headers of an `aws-chunked` body; undefined when it is not one, or was cut. */
function unchunk(body: Buffer): { readonly bytes: Buffer; readonly trailers: Headers } | undefined {
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = body.indexOf("\r\n", at);
    const line = body.toString("latin1", at, end);
    if (end < 0 || !/^[0-9a-f]{1,8}$/i.test(line)) return undefined;
    const length = Number.parseInt(line, 16);
    const start = end + 2;
    if (length === 0) return { bytes: Buffer.concat(pieces), trailers: readTrailers(body.toString("latin1", start)) };
    at = start + length;
    if (body.toString("latin1", at, at + 2) !== "\r\n") return undefined;
    pieces.push(body.subarray(start, at));
    at += 2;
  }
}

function readTrailers(text: string): Headers {
  const lines = text.split("\r\n").map((line) => /^([^:\s]+):\s*(.*)$/.exec(line));
  return Object.fromEntries(lines.flatMap((line) => (line === null ? [] : [[line[1]!.toLowerCase(), line[2]!.trim()]])));
}

/** Header names are in lower case. */
export function readUpload(headers: Headers, body: Uint8Array): Upload | ObjectError {
  const payload = headers["x-amz-content-sha256"] ?? "";
  const isChunked = payload === chunkedPayload;
  // Chunks with signatures of their own are for connections without TLS.
  if (payload.startsWith("STREAMING-") && !isChunked) return { code: "NotImplemented", header: "x-amz-content-sha256" };
  const whole = isChunked ? unchunk(Buffer.from(body)) : { bytes: body, trailers: {} };
  const announced = headers["x-amz-decoded-content-length"];
  if (whole === undefined || (announced !== undefined && Number(announced) !== whole.bytes.length)) return { code: "IncompleteBody" };
  const all: Headers = { ...headers, ...whole.trailers };
  for (const [name, of] of Object.entries(checksumOf)) {
    const given = all[name];
    if (given !== undefined && given !== of(whole.bytes)) return { code: "BadDigest", name };
  }
  const checksums = Object.entries(all).filter(([name]) => /^x-amz-checksum-(sha\d+|crc\w+)$/.test(name));
  return { bytes: whole.bytes, checksums: Object.fromEntries(checksums) };
}
