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
    expect((await call("PUT", "/objects/new.bin", image)).json).toEqual({ url: `${service.urls.https}/objects/new.bin`, sizeBytes: 1000 });
    expect((await call("GET", "/objects/new.bin")).bytes.equals(image)).toBe(true);
    expect((await call("GET", service.putObject("empty", new Uint8Array()))).headers["content-length"]).toBe("0");
    expect((await call("GET", "/objects/other.bin")).status).toBe(404);
  });

  it("behind a placeholder have a URL as long as a real one, which works until it expires, and not when changed", async () => {
    service.putObject("fw/app.bin", image);
    service.rules.createThing(thing);
    const document = '{"url":"${aws:iot:s3-presigned-url:https://s3.eu-west-1.amazonaws.com/fw/app.bin}"}';
    service.rules.createJob({ jobId: "j1", targets: [service.rules.thingArn(thing)], document, presignedUrlConfig: { expiresInSec: 60 } });
    const urlOf = (): string => {
      const { reply } = service.rules.request(thing, "$next/get", Buffer.alloc(0));
      return (JSON.parse(reply.payload) as { execution: { jobDocument: { url: string } } }).execution.jobDocument.url;
    };
    const url = urlOf();
    expect(url.length).toBeGreaterThan(1500);
    expect(urlOf()).not.toBe(url);
    expect((await call("GET", url)).bytes.equals(image)).toBe(true);
    expect((await call("GET", url.replace("app.bin", "other.bin"))).status).toBe(403);
    expect((await call("GET", url.replace("X-Amz-Expires=60", "X-Amz-Expires=99"))).status).toBe(403);
    time.advance(60_000);
    expect((await call("GET", url)).status).toBe(403);
    expect((await call("GET", urlOf())).status).toBe(200);
  });
});
