/** Faults over real connections: asked for over HTTP, met over MQTT, by devices over HTTP, and by downloads. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startJobsService, type JobsService } from "../tools/jobs-service";
import { VirtualTime } from "../tools/time";
import { devices, fence, withToken, type Device } from "./jobs-service/devices";
import { callerOf, type Answer, type Caller } from "./jobs-service/https-caller";

const thing = "lamp-01";
const root = `$aws/things/${thing}/jobs`;
const log: string[] = [];
let time: VirtualTime;
let service: JobsService;
let caller: Caller;
let made: ReturnType<typeof devices>;
const call: Caller["call"] = (...request) => caller.call(...request);

beforeEach(async () => {
  log.length = 0;
  time = new VirtualTime();
  service = await startJobsService({ time, ports: { mqtts: false }, log: (line) => log.push(line) });
  service.rules.createThing(thing);
  caller = callerOf(service);
  made = devices();
});

afterEach(async () => {
  await made.end();
  caller.end();
  await service.stop();
});

const lamp = (): Promise<Device> => made.connected(service.urls.mqtt ?? "", thing);
const fault = (order: Record<string, unknown>): string => service.rules.faults.add(order).id;

function createJob(jobId = "j1", document = "{}"): void {
  const config = { presignedUrlConfig: { roleArn: "arn:aws:iam::123456789012:role/read" } };
  service.rules.createJob({ jobId, targets: [service.rules.thingArn(thing)], document, ...config });
}

describe("over HTTP faults", () => {
  it("are switched on, listed and switched off", async () => {
    const added = await call("POST", "/_local/faults", '{"fault":"throttle","count":2}');
    expect(added).toMatchObject({ status: 201, json: { id: "f1", fault: "throttle", count: 2 } });
    await call("POST", "/_local/faults", '{"fault":"drop"}');
    expect((await call("GET", "/_local/faults")).json).toMatchObject({ faults: [{ id: "f1" }, { id: "f2" }] });
    expect((await call("DELETE", "/_local/faults/f1")).status).toBe(200);
    expect((await call("DELETE", "/_local/faults/f1")).status).toBe(404);
    expect((await call("DELETE", "/_local/faults")).status).toBe(200);
    expect((await call("GET", "/_local/faults")).json).toEqual({ faults: [] });
  });

  it("are refused in one sentence when they are not clear", async () => {
    for (const [body, sentence] of [
      ['{"fault":"delay"}', "delay needs delayMs"],
      ["[]", "The body is not a JSON object"],
    ] as const) {
      expect(await call("POST", "/_local/faults", body)).toMatchObject({ status: 400, json: { message: sentence } });
    }
    expect((await call("GET", "/_local/faults")).json).toEqual({ faults: [] });
  });
});

describe("over MQTT", () => {
  const ask = (device: Device, suffix: string, body: object = {}): void => {
    device.client.publish(`${root}/${suffix}`, JSON.stringify({ clientToken: suffix, ...body }), { qos: 1 });
  };
  const status = (): string => service.rules.describeExecution(thing, "j1").status;

  it("a lost request is acknowledged and not carried out; a lost reply is of one that was", async () => {
    createJob();
    const device = await lamp();
    for (const [at, left] of [
      ["request", "QUEUED"],
      ["reply", "IN_PROGRESS"],
    ] as const) {
      fault({ fault: "drop", operations: ["update"], at, count: 1 });
      await device.client.publishAsync(`${root}/j1/update`, '{"status":"IN_PROGRESS","clientToken":"u"}', { qos: 1 });
      await fence(device);
      expect(device.got.filter(withToken("u"))).toEqual([]);
      expect(status()).toBe(left);
    }
  });

  it("a lost or doubled notification leaves all others as they are", async () => {
    const device = await lamp();
    await device.client.subscribeAsync([`${root}/notify`, `${root}/notify-next`], { qos: 1 });
    fault({ fault: "drop", operations: ["notify"] });
    fault({ fault: "duplicate", operations: ["notify-next"] });
    createJob();
    await fence(device);
    await fence(device);
    const topics = device.got.map(({ topic }) => topic).filter((topic) => topic.includes("/notify"));
    expect(topics).toEqual([`${root}/notify-next`, `${root}/notify-next`]);
  });

  it("a delayed reply comes when the service's clock says so", async () => {
    createJob();
    const device = await lamp();
    fault({ fault: "delay", delayMs: 5000, operations: ["describe"] });
    ask(device, "$next/get");
    await fence(device);
    time.advance(4999);
    await fence(device);
    expect(device.got.filter(withToken("$next/get"))).toEqual([]);
    time.advance(1);
    await device.until(withToken("$next/get"));
  });

  it("two replies change places; one that stays alone comes after a second", async () => {
    const device = await lamp();
    fault({ fault: "reorder", operations: ["describe"] });
    ask(device, "$next/get");
    ask(device, "get");
    await device.until(withToken("$next/get"));
    expect(device.got.map(({ payload }) => payload["clientToken"])).toEqual(["get", "$next/get"]);
    ask(device, "a/get", { clientToken: "alone" });
    await device.client.publishAsync("fence", "", { qos: 1 });
    expect(device.got.length).toBe(2);
    time.advance(1000);
    await device.until(withToken("alone"));
  });

  it("a request that comes twice is carried out twice, and acknowledged once", async () => {
    createJob();
    const device = await lamp();
    fault({ fault: "duplicate", at: "request", operations: ["update"] });
    ask(device, "j1/update", { status: "IN_PROGRESS", includeJobExecutionState: true });
    await fence(device);
    const versions = device.got
      .filter(withToken("j1/update"))
      .map(({ payload }) => (payload["executionState"] as { versionNumber: number }).versionNumber);
    expect(versions).toEqual([2, 3]);
  });

  it.each([
    ["request", "QUEUED", 0],
    ["reply", "IN_PROGRESS", 0],
  ])("a connection ends at the %s", async (at, left, replies) => {
    createJob();
    const device = await lamp();
    fault({ fault: "disconnect", at, operations: ["update"] });
    ask(device, "j1/update", { status: "IN_PROGRESS" });
    await device.closed;
    expect(status()).toBe(left);
    expect(device.got.length).toBe(replies);
    expect(log.join("\n")).toContain("a fault on");
  });

  it("connections of one thing are refused, so many times, while others come in", async () => {
    fault({ fault: "refuse-connection", target: thing, count: 1 });
    await made.trying(service.urls.mqtt ?? "", thing).closed;
    await fence(
      await made.connected(service.urls.mqtt ?? "", "lamp-02").then(async (other) => {
        service.rules.createThing("lamp-02");
        return other;
      }),
    );
    await fence(await lamp());
    expect(log).toContain(`refused client id ${thing}: a fault`);
  });
});

describe("a device over HTTP", () => {
  const signed = {
    authorization: "AWS4-HMAC-SHA256 Credential=A/20231114/us-east-1/iot-jobs-data/aws4_request, SignedHeaders=host, Signature=0",
  };
  const update = (): Promise<Answer> => call("POST", `/things/${thing}/jobs/j1`, '{"status":"IN_PROGRESS"}', signed);
  const status = (): string => service.rules.describeExecution(thing, "j1").status;

  it.each([
    ["throttle", {}, 429, "ThrottlingException", "QUEUED"],
    ["internal-error", {}, 503, "ServiceUnavailableException", "QUEUED"],
  ])("is answered: %s", async (kind, more, code, name, left) => {
    createJob();
    fault({ fault: kind, ...more });
    expect(await update()).toMatchObject({ status: code, headers: { "x-amzn-errortype": name } });
    expect(status()).toBe(left);
  });

  it.each([
    ["drop", "request", "QUEUED"],
    ["drop", "reply", "IN_PROGRESS"],
    ["disconnect", "request", "QUEUED"],
    ["disconnect", "reply", "IN_PROGRESS"],
  ])("hears nothing: %s at the %s", async (kind, at, left) => {
    createJob();
    fault({ fault: kind, at });
    await expect(update()).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(status()).toBe(left);
  });

  it("waits as long as it is told to", async () => {
    createJob();
    fault({ fault: "delay", delayMs: 3000 });
    const answer = update();
    while (time.untilNext() === undefined) await new Promise((resolve) => setImmediate(resolve));
    expect(status()).toBe("IN_PROGRESS");
    time.advance(3000);
    expect((await answer).status).toBe(200);
  });
});

describe("a download", () => {
  const image = Buffer.from(Array.from({ length: 5000 }, (_, n) => n % 251));
  /** The URL that the thing is given. */
  function signedUrl(): string {
    service.putObject("app.bin", image);
    createJob("u", '{"url":"${aws:iot:s3-presigned-url:https://s3.amazonaws.com/fw/app.bin}"}');
    const { execution } = service.rules.perform(thing, { operation: "describe", jobId: "$next", namespace: "" }, {}) as {
      execution: { jobDocument: { url: string } };
    };
    return execution.jobDocument.url;
  }

  it("is corrupted in one byte, the same one for the same seed", async () => {
    const url = signedUrl();
    const wrong = async (seed: number): Promise<number[]> => {
      service.rules.faults.clear();
      fault({ fault: "corrupt", seed });
      const { status, bytes } = await call("GET", url);
      expect([status, bytes.length]).toEqual([200, image.length]);
      return [...bytes.keys()].filter((at) => bytes[at] !== image[at]);
    };
    const places = [await wrong(1), await wrong(1), await wrong(2)];
    expect(places.map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(places[1]).toEqual(places[0]);
    expect(places[2]).not.toEqual(places[0]);
    expect((await call("GET", url)).bytes.equals(image)).toBe(false);
    expect(image[0]).toBe(0);
  });

  it("is cut although its length was promised", async () => {
    const url = signedUrl();
    fault({ fault: "truncate" });
    await expect(call("GET", url)).rejects.toThrow(/aborted|ECONNRESET/);
    expect((await call("HEAD", url)).headers["content-length"]).toBe("5000");
  });

  it("gets no answer", async () => {
    const url = signedUrl();
    fault({ fault: "drop", operations: ["download"] });
    await expect(call("GET", url)).rejects.toThrow(/socket hang up|ECONNRESET/);
  });

  it.each([
    [{ fault: "throttle", operations: ["download"] }, 503, "SlowDown"],
    [{ fault: "internal-error", operations: ["download"] }, 500, "InternalError"],
    [{ fault: "expire-url" }, 403, "AccessDenied"],
  ])("is refused: %o", async (order, status, code) => {
    const url = signedUrl();
    fault(order);
    const answer = await call("GET", url);
    expect(answer.status).toBe(status);
    expect(answer.bytes.toString()).toContain(`<Code>${code}</Code>`);
  });

  it("through a plain URL has nothing that could expire, and is nobody's", async () => {
    const url = service.putObject("app.bin", image);
    fault({ fault: "expire-url" });
    fault({ fault: "corrupt", target: thing });
    expect((await call("GET", url)).bytes.equals(image)).toBe(true);
  });

  it("of one thing goes wrong, and of another does not", async () => {
    const url = signedUrl();
    fault({ fault: "expire-url", target: "lamp-02" });
    expect((await call("GET", url)).status).toBe(200);
    fault({ fault: "expire-url", target: thing });
    expect((await call("GET", url)).status).toBe(403);
  });

  it("is slow by the service's clock, and whole in the end", async () => {
    const url = signedUrl();
    fault({ fault: "slow-download", bytesPerSecond: 1000 });
    const answer = call("GET", url);
    let passedMs = 0;
    let isHere = false;
    void answer.then(() => (isHere = true));
    while (!isHere) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = time.untilNext();
      if (next === undefined) continue;
      time.advance(next);
      passedMs += next;
    }
    expect((await answer).bytes.equals(image)).toBe(true);
    expect(passedMs).toBe(4750);
  });
});
