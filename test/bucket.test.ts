/** What the command line makes of S3's answers, the unfriendly ones too: from a server that gives them as S3 does. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openBucket } from "../tools/cli/bucket";

const image = Buffer.alloc(300_000, 7);
const key = "firmware/lamp/1.bin";
const options = { dir: "/nowhere", aws: true };

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

let server: Server;
let calls: Call[] = [];
/** Answers a call, given how many came before it. */
let answer: (call: Call, response: ServerResponse, before: number) => void;

beforeEach(async () => {
  calls = [];
  server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const call = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body: Buffer.concat(pieces) };
      calls.push(call);
      answer(call, response, calls.length - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  vi.stubEnv("AWS_ENDPOINT_URL_S3", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  vi.stubEnv("AWS_PROFILE", undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function refuse(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/xml", ...headers });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>said S3</Message></Error>`);
}

describe("an image", () => {
  test("is put whole, with its SHA-256, and told of as it goes", async () => {
    answer = (_, response) => response.end();
    const told: [number, number][] = [];
    const bucket = await openBucket(options, "my.bucket");
    expect(bucket.addressOf(key)).toBe(`s3://my.bucket/${key}`);
    await bucket.put(key, image, (done, of) => void told.push([done, of]));
    expect(calls).toMatchObject([{ method: "PUT", path: `/my.bucket/${key}?x-id=PutObject`, headers: { "content-length": "300000" } }]);
    expect(calls[0]?.headers["x-amz-checksum-sha256"]).toBe(createHash("sha256").update(image).digest("base64"));
    expect(calls[0]?.body.equals(image)).toBe(true);
    expect(told).toEqual([65_536, 131_072, 196_608, 262_144, 300_000].map((done) => [done, image.length]));
  });

  test("is sent again, whole, after a connection that broke and after S3's own failure", async () => {
    answer = (_, response, before) =>
      before === 0 ? response.destroy() : before === 1 ? refuse(response, 503, "SlowDown") : response.end();
    await (await openBucket(options, "my-bucket")).put(key, image);
    expect(calls.map(({ body }) => body.equals(image))).toEqual([true, true, true]);
  });

  test.each<[string, Record<string, string>, boolean]>([
    [
      "by the SHA-256 that it was put with",
      { "x-amz-checksum-sha256": createHash("sha256").update(image).digest("base64"), etag: '"kms"' },
      true,
    ],
    ["by its MD5, when another program put it", { etag: `"${createHash("md5").update(image).digest("hex")}"` }, true],
    ["not when neither tells", { etag: '"of-many-parts-3"' }, false],
    ["not when it is another", { etag: '"0"', "x-amz-checksum-sha256": createHash("sha256").update("other").digest("base64") }, false],
  ])("is known to be there: %s", async (_, headers, isThere) => {
    answer = (_call, response) => response.writeHead(200, { "content-length": String(image.length), ...headers }).end();
    expect(await (await openBucket(options, "my-bucket")).has(key, image)).toBe(isThere);
    expect(calls).toMatchObject([{ method: "HEAD", path: `/my-bucket/${key}`, headers: { "x-amz-checksum-mode": "ENABLED" } }]);
  });

  test.each([404, 403])("counts as not there when S3 says %i: it tells no more to those who may not list", async (status) => {
    answer = (_, response) => response.writeHead(status).end();
    expect(await (await openBucket(options, "my-bucket")).has(key, image)).toBe(false);
  });

  test.each<[string, number, string, Record<string, string>, RegExp]>([
    ["there is no bucket", 404, "NoSuchBucket", {}, /^there is no bucket my-bucket: make it, or name another with --bucket$/],
    [
      "the rights are missing",
      403,
      "AccessDenied",
      {},
      /^your AWS credentials may not put the image into the bucket: they need s3:PutObject for arn:aws:s3:::my-bucket\/firmware\/lamp\/1\.bin/,
    ],
    [
      "the bucket is elsewhere",
      301,
      "PermanentRedirect",
      { "x-amz-bucket-region": "us-west-2" },
      /^the bucket my-bucket is not in eu-central-1 but in us-west-2: boards are given signed URLs of eu-central-1, so name a bucket there$/,
    ],
    ["the key is unknown", 403, "InvalidAccessKeyId", {}, /^said S3$/],
  ])("is not brought when %s, and a sentence says so", async (_, status, code, headers, sentence) => {
    answer = (_call, response) => refuse(response, status, code, headers);
    await expect((await openBucket(options, "my-bucket")).put(key, image)).rejects.toThrow(sentence);
  });

  test("is not looked for in a bucket elsewhere", async () => {
    answer = (_, response) => response.writeHead(301, { "x-amz-bucket-region": "us-west-2" }).end();
    await expect((await openBucket(options, "my-bucket")).has(key, image)).rejects.toThrow(/not in eu-central-1 but in us-west-2/);
  });
});
