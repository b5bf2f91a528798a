/**
 * Files on their way to where boards fetch them from: a bucket of S3, or the local service, which answers the same calls. Nothing beyond
 * this file knows which of the two it is.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { clientSettings, refuseUnset, type CloudOptions } from "./cloud";
import { CommandFailed } from "./failing";
import { findService } from "./place";

export interface Bucket {
  /** AWS's name for where it is. */
  readonly region: string;
  /** What a file of this key is called, for people: s3://BUCKET/KEY on AWS, its URL with the local service. */
  addressOf(key: string): string;
  /** Whether this very file is there; false where that cannot be told. */
  has(key: string, bytes: Uint8Array): Promise<boolean>;
  /** Stores a file. Resolves once it is safe there. */
  put(key: string, bytes: Uint8Array, progress?: (doneBytes: number, ofBytes: number) => void): Promise<void>;
}

/** The local service is one bucket under this name, with whatever names in it. */
const localBucket = "objects";

/** `name` is that of a bucket on AWS; locally the first part of the objects' names, or left out. */
export async function openBucket(options: CloudOptions, name?: string): Promise<Bucket> {
  const settings = clientSettings(options);
  const sdk = await import("@aws-sdk/client-s3");
  const isAws = options.aws === true;
  // First the server, then the bucket: so do the URLs that boards are given, and so may a bucket have dots in its name with TLS.
  const s3 = new sdk.S3Client({ ...settings, forcePathStyle: true });
  if (isAws) await refuseUnset(s3.config);
  const region = await s3.config.region();
  const Bucket = isAws ? (name ?? "") : localBucket;
  const keyOf = (key: string): string => (isAws || name === undefined ? key : `${name}/${key}`);

  return {
    region,
    addressOf: (key) =>
      isAws
        ? `s3://${Bucket}/${key}`
        : `${findService(options.dir).https}/${localBucket}/${keyOf(key).split("/").map(encodeURIComponent).join("/")}`,
    async has(key, bytes) {
      try {
        const found = await s3.send(new sdk.HeadObjectCommand({ Bucket, Key: keyOf(key), ChecksumMode: "ENABLED" }));
        // What others brought has another checksum, and then S3's ETag is mostly the MD5. In doubt it is brought again.
        const isSame = found.ChecksumSHA256 === digest("sha256", bytes, "base64") || found.ETag === `"${digest("md5", bytes, "hex")}"`;
        return found.ContentLength === bytes.length && isSame;
      } catch (error) {
        const status = statusOf(error);
        // Whoever may not list a bucket is not told what is missing there: 403 says no more than 404.
        if (status === 404 || (isAws && status === 403)) return false;
        throw explained(error, Bucket, region);
      }
    },
    async put(key, bytes, progress = () => undefined) {
      const Key = keyOf(key);
      const ChecksumSHA256 = digest("sha256", bytes, "base64");
      const put = new sdk.PutObjectCommand({ Bucket, Key, Body: bytes, ChecksumSHA256, ContentType: "application/octet-stream" });
      put.middlewareStack.add((next) => (args) => next({ ...args, request: inPieces(args.request, progress) }), { step: "deserialize" });
      try {
        await s3.send(put);
      } catch (error) {
        throw explained(error, Bucket, region, Key);
      }
    },
  };
}

function digest(algorithm: string, bytes: Uint8Array, form: "hex" | "base64"): string {
  return createHash(algorithm).update(bytes).digest(form);
}

const pieceBytes = 64 * 1024;

/**
 * A request whose body goes onto the wire in pieces, each of which is told of when the connection has taken it. The client itself keeps
 * the body as a whole, so that it can sign it and send it again after a failure.
 */
function inPieces(request: unknown, progress: (doneBytes: number, ofBytes: number) => void): unknown {
  function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      yield bytes.subarray(at, at + pieceBytes);
      progress(Math.min(at + pieceBytes, bytes.length), bytes.length);
    }
  }
  const { body } = request as { readonly body?: unknown };
  return body instanceof Uint8Array ? { ...(request as object), body: Readable.from(pieces(body)) } : request;
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/** What a person can do about what S3 said; its own words are for programs, and those to HEAD are none. */
function explained(error: unknown, bucket: string, region: string, key?: string): unknown {
  const { name, $response } = error as { name?: string; $response?: { headers?: Record<string, string> } };
  if (name === "NoSuchBucket") return new CommandFailed(`there is no bucket ${bucket}: make it, or name another with --bucket`);
  if (statusOf(error) === 301 || name === "AuthorizationHeaderMalformed") {
    const other = $response?.headers?.["x-amz-bucket-region"];
    return new CommandFailed(
      `the bucket ${bucket} is not in ${region}${other === undefined ? "" : ` but in ${other}`}: boards are given signed URLs of ${region}, so name a bucket there`,
    );
  }
  if (name === "AccessDenied" && key !== undefined)
    return new CommandFailed(
      `your AWS credentials may not put the image into the bucket: they need s3:PutObject for arn:aws:s3:::${bucket}/${key}, and the bucket's own policy must not deny it`,
    );
  return error;
}
