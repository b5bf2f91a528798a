/** Objects to download from the HTTPS face, as S3 serves them. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startJobsService, type JobsService } from "../tools/jobs-service";
import { VirtualTime } from "../tools/time";
import { callerOf, type Caller } from "./jobs-service/https-caller";

const thing = "lamp-01";
let service: JobsService;
let time: VirtualTime;
let caller: Caller;
const call: Caller["call"] = (...request) => caller.call(...request);

beforeEach(async () => {
  time = new VirtualTime();
  service = await startJobsService({ time, ports: { mqtt: false, mqtts: false } });
  caller = callerOf(service);
});

afterEach(async () => {
  caller.end();
  await service.stop();
});

describe("objects", () => {
  const image = Buffer.from(Array.from({ length: 1000 }, (_, n) => n % 251));

  it("come whole, with their length", async () => {
    const url = service.putObject("fw/app 1.bin", image);
    const answer = await call("GET", url);
    expect(answer).toMatchObject({ status: 200, headers: { "content-length": "1000", "accept-ranges": "bytes" } });
    expect(answer.bytes.equals(image)).toBe(true);
  });

  it("tell their length to HEAD, without a body", async () => {
    const answer = await call("HEAD", service.putObject("app.bin", image));
    expect(answer).toMatchObject({ status: 200, headers: { "content-length": "1000" } });
    expect(answer.bytes.length).toBe(0);
  });

  it.each([
    ["bytes=0-99", 206, 0, 100],
    ["bytes=900-", 206, 900, 1000],
    ["bytes=-10", 206, 990, 1000],
    ["bytes=990-2000", 206, 990, 1000],
    ["bytes=-2000", 206, 0, 1000],
    ["bytes=9-1", 200, 0, 1000],
    ["bytes=0-1,5-6", 200, 0, 1000],
    ["lines=1-2", 200, 0, 1000],
  ])("come in parts: %s", async (range, status, first, end) => {
    const answer = await call("GET", service.putObject("app.bin", image), undefined, { range });
    expect(answer.status).toBe(status);
    expect(answer.headers["content-range"]).toBe(status === 206 ? `bytes ${first}-${end - 1}/1000` : undefined);
    expect(answer.headers["content-length"]).toBe(String(end - first));
    expect(answer.bytes.equals(image.subarray(first, end))).toBe(true);
  });

  it("refuse a part that is not there", async () => {
    const answer = await call("GET", service.putObject("app.bin", image), undefined, { range: "bytes=1000-" });
    expect(answer).toMatchObject({ status: 416, headers: { "content-range": "bytes */1000" } });
  });

  it("are stored with PUT, may be empty, and are not found under another name", async () => {
    const { etag } = (await call("PUT", "/objects/new.bin", image)).headers;
    expect(etag).toBe((await call("HEAD", "/objects/new.bin")).headers["etag"]);
    expect((await call("GET", "/objects/new.bin")).bytes.equals(image)).toBe(true);
    expect((await call("GET", service.putObject("empty", new Uint8Array()))).headers["content-length"]).toBe("0");
    expect((await call("GET", "/objects/other.bin")).status).toBe(404);
  });

  it.each([
    ["if-none-match", (etag: string) => etag, 304],
    ["if-none-match", () => '"other"', 200],
    ["if-none-match", (etag: string) => `"other", W/${etag}`, 304],
    ["if-modified-since", (_: string, date: string) => date, 304],
    ["if-modified-since", () => "Tue, 14 Nov 2000 22:13:20 GMT", 200],
    ["if-match", (etag: string) => etag, 200],
    ["if-match", () => '"other"', 412],
    ["if-unmodified-since", () => "Tue, 14 Nov 2000 22:13:20 GMT", 412],
  ])("come under a condition: %s, case %#", async (header, value, status) => {
    const url = service.putObject("app.bin", image);
    const { headers } = await call("HEAD", url);
    expect(headers["last-modified"]).toBe("Tue, 14 Nov 2023 22:13:20 GMT");
    const answer = await call("GET", url, undefined, { [header]: value(String(headers["etag"]), String(headers["last-modified"])) });
    expect(answer.status).toBe(status);
    expect(answer.bytes.length).toBe(status === 200 ? 1000 : status === 304 ? 0 : Number(answer.headers["content-length"]));
  });

  it("come in part only while they are the same object", async () => {
    const url = service.putObject("app.bin", image);
    const { headers } = await call("HEAD", url);
    const part = (ifRange: string) => call("GET", url, undefined, { range: "bytes=0-9", "if-range": ifRange });
    expect((await part(String(headers["etag"]))).status).toBe(206);
    service.putObject("app.bin", Buffer.from("a new version"));
    expect(await part(String(headers["etag"]))).toMatchObject({ status: 200, headers: { "content-length": "13" } });
  });

  it("are listed by name, and can be deleted more than once", async () => {
    for (const name of ["b", "a/c", "a b"]) service.putObject(name, image);
    const { objects } = (await call("GET", "/objects")).json;
    expect(objects).toMatchObject([{ name: "a b" }, { name: "a/c" }, { name: "b" }]);
    expect((objects as unknown[])[1]).toEqual({
      name: "a/c",
      url: `${service.urls.https}/objects/a/c`,
      sizeBytes: 1000,
      etag: (await call("HEAD", "/objects/a/c")).headers["etag"],
      lastModified: "2023-11-14T22:13:20.000Z",
    });
    for (let n = 0; n < 2; n++) expect((await call("DELETE", "/objects/a/c")).status).toBe(204);
    expect((await call("GET", "/objects/a/c")).status).toBe(404);
  });

  it.each([
    ["a%2F..%2Fb", 'not empty, "." or ".."'],
    ["a//b", "not empty"],
    ["%00", "neither control characters"],
    ["a%5Cb", "nor backslashes"],
    ["a".repeat(1025), "1 to 1024 bytes"],
  ])("are refused a name that is no name: %s", async (name, reason) => {
    const answer = await call("PUT", `/objects/${name}`, image);
    expect(answer.status).toBe(400);
    expect(answer.bytes.toString().replaceAll("&#34;", '"')).toMatch(new RegExp(`<Code>InvalidArgument</Code><Message>.*${reason}`));
    expect((await call("GET", "/objects")).json["objects"]).toEqual([]);
  });

  it("are refused above 32 MB", async () => {
    const answer = await call("PUT", "/objects/big", Buffer.alloc(32 * 1024 * 1024 + 1));
    expect(answer.status).toBe(400);
    expect(answer.bytes.toString()).toMatch(/<Code>EntityTooLarge<.*<MaxSizeAllowed>33554432</);
    expect((await call("PUT", "/objects/big", Buffer.alloc(32 * 1024 * 1024))).status).toBe(200);
    expect((await call("HEAD", "/objects/big")).headers["content-length"]).toBe("33554432");
  });

  it("that are not there are told in S3's words", async () => {
    const answer = await call("GET", "/objects/a%26b");
    expect(answer).toMatchObject({ status: 404, headers: { "content-type": "application/xml", server: "AmazonS3" } });
    expect(answer.bytes.toString()).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<Error><Code>NoSuchKey<\/Code><Message>The specified key does not exist.<\/Message><Key>a&#38;b<\/Key><RequestId>[0-9A-F]{16}<\/RequestId><HostId>[^<]+<\/HostId><\/Error>$/,
    );
    expect(answer.headers["content-length"]).toBe(String(answer.bytes.length));
    expect(answer.headers["x-amz-request-id"]).toBe(/<RequestId>(\w+)/.exec(answer.bytes.toString())?.[1]);
  });
});

describe("a signed URL", () => {
  const image = Buffer.from("image");

  /** The URL that a device is given for a placeholder. */
  function urlIn(placeholder: string, expiresInSec = 60): () => string {
    service.rules.createThing(thing);
    const document = JSON.stringify({ url: placeholder });
    const config = { presignedUrlConfig: { roleArn: "arn:aws:iam::123456789012:role/read", expiresInSec } };
    service.rules.createJob({ jobId: "j1", targets: [service.rules.thingArn(thing)], document, ...config });
    return () => {
      const { reply } = service.rules.request(thing, "$next/get", Buffer.alloc(0));
      return (JSON.parse(reply.payload) as { execution: { jobDocument: { url: string } } }).execution.jobDocument.url;
    };
  }
  const inBucket = "${aws:iot:s3-presigned-url:https://s3.eu-west-1.amazonaws.com/fw/app.bin}";

  it("has the parameters of S3's, in their order, and their length", () => {
    service.putObject("fw/app.bin", image);
    const url = new URL(urlIn(inBucket)());
    expect(url.href.length).toBeGreaterThan(1500);
    expect(url.href.length).toBeLessThan(1800);
    expect([...url.searchParams.keys()]).toEqual([
      "X-Amz-Algorithm",
      "X-Amz-Content-Sha256",
      "X-Amz-Credential",
      "X-Amz-Date",
      "X-Amz-Expires",
      "X-Amz-Security-Token",
      "X-Amz-Signature",
      "X-Amz-SignedHeaders",
      "x-id",
    ]);
    expect(url.searchParams.get("X-Amz-Credential")).toMatch(/^ASIA[A-Z2-7]{16}\/20231114\/eu-west-1\/s3\/aws4_request$/);
    expect(url.searchParams.get("X-Amz-Security-Token")).toMatch(/^IQoJb3JpZ2luX2Vj/);
    expect(url.searchParams.get("X-Amz-Signature")).toMatch(/^[0-9a-f]{64}$/);
    expect(url.pathname).toBe("/objects/fw/app.bin");
  });

  it("works until it expires by the service's clock, is another one each time, and names the end when it is late", async () => {
    service.putObject("fw/app.bin", image);
    const next = urlIn(inBucket);
    const url = next();
    expect(next()).not.toBe(url);
    expect((await call("GET", url)).bytes.equals(image)).toBe(true);
    expect(await call("HEAD", url)).toMatchObject({ status: 200, headers: { "content-length": "5" } });
    time.advance(59_999);
    expect((await call("GET", url)).status).toBe(200);
    time.advance(1);
    const late = await call("GET", url);
    expect(late).toMatchObject({ status: 403, headers: { "content-type": "application/xml" } });
    expect(late.bytes.toString()).toContain(
      "<Error><Code>AccessDenied</Code><Message>Request has expired</Message><X-Amz-Expires>60</X-Amz-Expires><Expires>2023-11-14T22:14:20Z</Expires><ServerTime>2023-11-14T22:14:20Z</ServerTime><RequestId>",
    );
    expect((await call("GET", next())).status).toBe(200);
  });

  it.each([
    ["another object", (url: string) => url.replace("app.bin", "other.bin")],
    ["a longer life", (url: string) => url.replace("X-Amz-Expires=60", "X-Amz-Expires=99")],
    ["another token", (url: string) => url.replace("Security-Token=IQ", "Security-Token=IR")],
    ["one parameter more", (url: string) => `${url}&versionId=2`],
    [
      "another signature",
      (url: string) => url.replace(/Signature=\w/, (start) => `${start.slice(0, -1)}${start.endsWith("0") ? "1" : "0"}`),
    ],
    ["a short signature", (url: string) => url.replace(/Signature=\w/, "Signature=")],
  ])("is refused with %s", async (_what, changed) => {
    service.putObject("fw/app.bin", image);
    service.putObject("fw/other.bin", image);
    const answer = await call("GET", changed(urlIn(inBucket)()));
    expect(answer.status).toBe(403);
    expect(answer.bytes.toString()).toMatch(/<Code>SignatureDoesNotMatch<\/Code>.*<AWSAccessKeyId>ASIA\w{16}<\/AWSAccessKeyId>/);
  });

  it.each([
    ["without a date", (url: string) => url.replace(/X-Amz-Date=\w+&/, "")],
    ["without a signature", (url: string) => url.replace(/X-Amz-Signature=\w+&/, "")],
    ["with a date that is none", (url: string) => url.replace(/X-Amz-Date=\w+/, "X-Amz-Date=today")],
    ["with another algorithm", (url: string) => url.replace("AWS4-HMAC-SHA256", "none")],
  ])("is refused %s", async (_what, changed) => {
    service.putObject("fw/app.bin", image);
    const answer = await call("GET", changed(urlIn(inBucket)()));
    expect(answer.status).toBe(400);
    expect(answer.bytes.toString()).toContain("<Code>AuthorizationQueryParametersError</Code>");
  });

  it.each([
    ["bucket and key in the path", "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/fw/app.bin}", "fw/app.bin"],
    ["the bucket in the host", "${aws:iot:s3-presigned-url:https://fw.s3.eu-west-1.amazonaws.com/app.bin}", "fw/app.bin"],
    ["the key's last part", "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/fw/releases/app.bin}", "app.bin"],
    ["an encoded key in the second form", "${aws:iot:s3-presigned-url-v2:https://s3.amazonaws.com/fw/a%20b%2Bc.bin}", "fw/a b+c.bin"],
    ["a key with bad encoding", "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/fw/50%.bin}", "fw/50%.bin"],
  ])("is made for %s", async (_what, placeholder, name) => {
    service.putObject(name, image);
    expect((await call("GET", urlIn(placeholder)())).bytes.equals(image)).toBe(true);
  });

  it("is not made of what is no URL", () => {
    expect(urlIn("${aws:iot:s3-presigned-url:https://[/fw}")()).toBe("${aws:iot:s3-presigned-url:https://[/fw}");
  });
});
