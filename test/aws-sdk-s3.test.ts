/** Objects through AWS's own client of S3: what it sends and what it understands, with its own settings. */
import { createHash } from "node:crypto";
import { Agent } from "node:https";
import { Readable } from "node:stream";
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aroundEachTest, credentials } from "./jobs-service/aws-clients";
import { callerOf } from "./jobs-service/https-caller";

const at = aroundEachTest();
const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, n) => n % 251));
const sha256 = createHash("sha256").update(bytes).digest("base64");
const md5 = createHash("md5").update(bytes).digest("hex");
const place = { Bucket: "my-bucket", Key: "firmware/lamp 1+2.bin" };

let s3: S3Client;
let open: S3Client[] = [];

function client(secretAccessKey = credentials.secretAccessKey, accessKeyId = credentials.accessKeyId): S3Client {
  const { ca, urls } = at.service;
  const made = new S3Client({
    region: "eu-west-1",
    endpoint: `${urls.https}/objects`,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
    requestHandler: { httpsAgent: new Agent({ ca }) },
  });
  open.push(made);
  return made;
}

beforeEach(() => {
  s3 = client();
});
afterEach(() => {
  for (const made of open) made.destroy();
  open = [];
});

async function body(): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand(place));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

describe("an object", () => {
  it("is put in one piece, with the client's own checksum", async () => {
    const { ETag, ChecksumCRC32 } = await s3.send(new PutObjectCommand({ ...place, Body: bytes }));
    expect(ETag).toBe(`"${md5}"`);
    expect(ChecksumCRC32).toMatch(/^[\w+/]{6}==$/);
    expect((await body()).equals(bytes)).toBe(true);
  });

  it("is put from a stream, whose checksum follows the bytes", async () => {
    const pieces = [bytes.subarray(0, 70_000), bytes.subarray(70_000, 70_001), bytes.subarray(70_001)];
    await s3.send(new PutObjectCommand({ ...place, Body: Readable.from(pieces), ContentLength: bytes.length }));
    expect((await body()).equals(bytes)).toBe(true);
  });

  it("tells the checksum that it was put with, when it is asked to", async () => {
    await s3.send(new PutObjectCommand({ ...place, Body: bytes, ChecksumSHA256: sha256 }));
    expect(await s3.send(new HeadObjectCommand({ ...place, ChecksumMode: "ENABLED" }))).toMatchObject({
      ChecksumSHA256: sha256,
      ContentLength: bytes.length,
      ETag: `"${md5}"`,
    });
    expect((await s3.send(new HeadObjectCommand(place))).ChecksumSHA256).toBeUndefined();
    await s3.send(new PutObjectCommand({ ...place, Body: bytes }));
    expect((await s3.send(new HeadObjectCommand({ ...place, ChecksumMode: "ENABLED" }))).ChecksumSHA256).toBeUndefined();
  });

  it("comes in part, which no checksum of the whole is held against", async () => {
    await s3.send(new PutObjectCommand({ ...place, Body: bytes }));
    const { Body, ContentRange } = await s3.send(new GetObjectCommand({ ...place, Range: "bytes=10-19" }));
    expect(ContentRange).toBe("bytes 10-19/200000");
    expect(Buffer.from((await Body?.transformToByteArray()) ?? [])).toEqual(bytes.subarray(10, 20));
  });

  it("is gone once it is deleted", async () => {
    await s3.send(new PutObjectCommand({ ...place, Body: bytes }));
    await s3.send(new DeleteObjectCommand(place));
    await expect(s3.send(new GetObjectCommand(place))).rejects.toMatchObject({ name: "NoSuchKey", $metadata: { httpStatusCode: 404 } });
    await expect(s3.send(new HeadObjectCommand(place))).rejects.toMatchObject({ name: "NotFound", $metadata: { httpStatusCode: 404 } });
  });

  it.each([
    ["of another SHA-256", { ChecksumSHA256: createHash("sha256").update("other").digest("base64") }, "BadDigest"],
    ["of another SHA-1", { ChecksumSHA1: createHash("sha1").update("other").digest("base64") }, "BadDigest"],
    ["of another CRC-32", { ChecksumCRC32: "AAAAAA==" }, "BadDigest"],
    ["of another MD5", { ContentMD5: createHash("md5").update("other").digest("base64") }, "BadDigest"],
    ["with a name that is none", { Key: "a\0b" }, "InvalidArgument"],
    ["above 32 MB", { Body: Buffer.alloc(32 * 1024 * 1024 + 1) }, "EntityTooLarge"],
  ])("%s is refused, and is not there", async (_, fields, name) => {
    await expect(s3.send(new PutObjectCommand({ ...place, Body: bytes, ...fields }))).rejects.toMatchObject({ name });
    await expect(s3.send(new HeadObjectCommand(place))).rejects.toMatchObject({ name: "NotFound" });
  });

  it("is for those who know the secret", async () => {
    await s3.send(new PutObjectCommand({ ...place, Body: bytes }));
    const [wrong, stranger] = [client("another"), client(credentials.secretAccessKey, "AKIDOTHER")];
    const put = new PutObjectCommand({ ...place, Body: Buffer.from("x") });
    await expect(wrong.send(put)).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
    await expect(stranger.send(put)).rejects.toMatchObject({ name: "InvalidAccessKeyId" });
    await expect(wrong.send(new HeadObjectCommand(place))).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    expect((await body()).equals(bytes)).toBe(true);
  });
});

describe("what no client sends", () => {
  const chunked = { "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER" };

  it.each([
    [
      "chunks with signatures",
      "5;chunk-signature=00\r\nhello\r\n0\r\n\r\n",
      { "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" },
    ],
    ["chunks that end early", "5\r\nhel", chunked],
    ["a chunk without its end", "5\r\nhelloX0\r\n\r\n", chunked],
    ["a length that is none", "zz\r\nhello\r\n0\r\n\r\n", chunked],
    ["no last chunk", "5\r\nhello\r\n", chunked],
    ["fewer bytes than were announced", "5\r\nhello\r\n0\r\n\r\n", { ...chunked, "x-amz-decoded-content-length": "6" }],
    ["a trailer of other bytes", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", chunked],
  ])("%s is refused with 4xx or 501", async (_, sent, headers) => {
    const service = await (await import("../tools/jobs-service")).startJobsService({ ports: { mqtt: false, mqtts: false } });
    const caller = callerOf(service);
    try {
      const answer = await caller.call("PUT", "/objects/b/k", sent, headers);
      expect(answer.bytes.toString()).toMatch(/<Code>(NotImplemented|IncompleteBody|BadDigest)</);
      expect([400, 501]).toContain(answer.status);
      expect((await caller.call("GET", "/objects/b/k")).status).toBe(404);
      expect((await caller.call("PUT", "/objects/b/k", "5\r\nhello\r\n0\r\n\r\n", chunked)).status).toBe(200);
      expect((await caller.call("GET", "/objects/b/k")).bytes.toString()).toBe("hello");
    } finally {
      caller.end();
      await service.stop();
    }
  });
});
