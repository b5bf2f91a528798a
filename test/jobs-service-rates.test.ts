/** Quotas per second: off unless switched on, and then what AWS answers. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startJobsService, type JobsService } from "../tools/jobs-service";
import { keepAliveSeconds } from "../tools/jobs-service/rules/limits";
import { borrow, bucket, take } from "../tools/jobs-service/rules/rates";
import { VirtualTime } from "../tools/time";
import { devices, fence } from "./jobs-service/devices";
import { callerOf, type Caller } from "./jobs-service/https-caller";
import { openRulebook, thing } from "./jobs-service/rulebook";

const limited = () => openRulebook({}, { rateLimits: true });

/** How many of so many calls are let through. */
function passing(times: number, call: () => boolean): number {
  return Array.from({ length: times }, call).filter(Boolean).length;
}

describe("a bucket of tokens", () => {
  it("holds what comes back in a second, and no more however long one waits", () => {
    const one = bucket(10, 0);
    expect(passing(15, () => take(one, 0))).toBe(10);
    expect(passing(15, () => take(one, 250))).toBe(2);
    expect(passing(15, () => take(one, 300))).toBe(1);
    expect(passing(15, () => take(one, 60_000))).toBe(10);
  });

  it("does not lose its tokens to a clock that goes back", () => {
    const one = bucket(10, 1000);
    expect(passing(15, () => take(one, 0))).toBe(10);
    expect(passing(15, () => take(one, 1000))).toBe(0);
    expect(passing(15, () => take(one, 1100))).toBe(1);
  });

  it("tells how long what was borrowed takes to come back", () => {
    const one = bucket(1000, 0);
    expect(borrow(one, 0, 1000)).toBe(0);
    expect(borrow(one, 0, 500)).toBe(500);
    expect(borrow(one, 250, 1)).toBe(251);
    expect(borrow(one, 2000, 1)).toBe(0);
  });
});

describe("with the switch on", () => {
  it.each([
    ["200 reads", "get", "j1/get"],
    ["200 writes", "start-next", "j1/update"],
  ])("the account has %s a second, whatever their operation", (_what, one, other) => {
    const book = limited();
    book.create("j1");
    const body = other.endsWith("update") ? { status: "IN_PROGRESS" } : {};
    let turns = 0;
    const accepted = passing(205, () => book.ask(turns++ % 2 === 0 ? one : other, body)["verdict"] === "accepted");
    expect(accepted).toBe(200);
    expect(book.ask(other, { ...body, clientToken: "t" })).toEqual({
      verdict: "rejected",
      code: "RequestThrottled",
      message: "Rate exceeded",
      clientToken: "t",
      timestamp: 1_700_000_000,
    });
    book.time.advance(5);
    expect(book.ask(other, body)["verdict"]).toBe("accepted");
    expect(book.ask(other, body)["verdict"]).toBe("rejected");
  });

  it("reads and writes are counted apart, things together", () => {
    const book = limited();
    book.rules.createThing("lamp-02");
    expect(passing(200, () => book.ask("get")["verdict"] === "accepted")).toBe(200);
    expect(() => book.rules.perform("lamp-02", { operation: "get-pending" }, {})).toThrow("Rate exceeded");
    expect(book.rules.perform("lamp-02", { operation: "start-next" }, {})).toEqual({});
  });

  it("an operation of the control plane may be called 10 times a second", () => {
    const { rules, time } = limited();
    const call = (operation: string) => (): boolean => {
      try {
        rules.rates.control(operation);
        return true;
      } catch (error) {
        expect(error).toMatchObject({ name: "ThrottlingException", status: 400, message: "Rate exceeded" });
        return false;
      }
    };
    expect(passing(12, call("PUT /jobs/:jobId"))).toBe(10);
    expect(passing(12, call("GET /jobs"))).toBe(10);
    time.advance(100);
    expect(passing(12, call("GET /jobs"))).toBe(1);
  });

  it("a client id may connect once a second, others meanwhile", () => {
    const { rules, time } = limited();
    expect([rules.rates.mayConnect(thing), rules.rates.mayConnect(thing), rules.rates.mayConnect("lamp-02")]).toEqual([true, false, true]);
    time.advance(1000);
    expect(rules.rates.mayConnect(thing)).toBe(true);
  });

  it("a connection passes 100 messages a second, and is held back above 512 KiB a second", () => {
    const { rules, time } = limited();
    const rates = rules.rates.connection();
    expect(passing(110, () => rates?.mayPublish(time.now()) === true)).toBe(100);
    expect(rates?.delayMs(time.now(), 512 * 1024)).toBe(0);
    expect(rates?.delayMs(time.now(), 128 * 1024)).toBe(250);
  });
});

it("without the switch nothing is counted", () => {
  const book = openRulebook();
  expect(passing(300, () => book.ask("get")["verdict"] === "accepted")).toBe(300);
  for (let n = 0; n < 20; n++) book.rules.rates.control("GET /jobs");
  expect(passing(20, () => book.rules.rates.mayConnect(thing))).toBe(20);
  expect(book.rules.rates.connection()).toBeUndefined();
});

it.each([
  [0, 1200],
  [1, 30],
  [29, 30],
  [30, 30],
  [600, 600],
  [1200, 1200],
  [65_535, 1200],
])("a keep-alive of %i s counts as %i s", (asked, seconds) => {
  expect(keepAliveSeconds(asked)).toBe(seconds);
});

describe("over real connections", () => {
  let service: JobsService;
  let caller: Caller;
  let time: VirtualTime;
  const made = devices();

  beforeEach(async () => {
    time = new VirtualTime();
    service = await startJobsService({ time, rateLimits: true, ports: { mqtts: false } });
    service.rules.createThing(thing);
    caller = callerOf(service);
  });
  afterEach(async () => {
    await made.end();
    caller.end();
    await service.stop();
  });

  it("the control plane throttles each operation for itself, and neither objects nor what is ours", async () => {
    const statuses = async (path: string): Promise<number[]> => {
      const found: number[] = [];
      for (let n = 0; n < 12; n++) found.push((await caller.call("GET", path)).status);
      return found.filter((status) => status !== 400);
    };
    expect(await statuses("/jobs")).toEqual(Array(10).fill(200));
    expect(await caller.call("GET", "/jobs")).toMatchObject({
      status: 400,
      headers: { "x-amzn-errortype": "ThrottlingException" },
      json: { message: "Rate exceeded" },
    });
    expect(await statuses("/things")).toEqual(Array(10).fill(200));
    expect(await statuses("/jobs/none")).toEqual(Array(10).fill(404));
    expect((await caller.call("GET", "/jobs/other")).status).toBe(400);
    expect(await statuses("/objects")).toEqual(Array(12).fill(200));
    expect(await statuses("/_local/faults")).toEqual(Array(12).fill(200));
  });

  it("a client id that connects twice in a second is refused the second time", async () => {
    const url = service.urls.mqtt ?? "";
    const first = await made.connected(url, thing);
    await made.trying(url, thing).closed;
    await fence(first);
    time.advance(1000);
    await fence(await made.connected(url, thing));
  });

  it("messages above 100 a second are neither carried out nor acknowledged, and the connection stays", async () => {
    const lamp = await made.connected(service.urls.mqtt ?? "", thing);
    let acknowledged = 0;
    for (let n = 0; n < 120; n++) lamp.client.publish("plain", "", { qos: 1 }, () => acknowledged++);
    // Answered without being counted among the messages: everything before it has been looked at.
    await lamp.client.subscribeAsync("fence");
    expect(acknowledged).toBe(100);
    time.advance(1000);
    await fence(lamp);
    expect(lamp.client.connected).toBe(true);
  });

  it("what exceeds 512 KiB a second is worked on later", async () => {
    const lamp = await made.connected(service.urls.mqtt ?? "", thing);
    const payload = Buffer.alloc(128 * 1024);
    for (let n = 0; n < 4; n++) await lamp.client.publishAsync("plain", payload, { qos: 1 });
    let isTaken = false;
    const fifth = lamp.client.publishAsync("plain", payload, { qos: 1 }).then(() => (isTaken = true));
    while (time.untilNext() === undefined) await new Promise((resolve) => setImmediate(resolve));
    expect([isTaken, time.untilNext()]).toEqual([false, 250]);
    time.advance(250);
    await fifth;
  });
});
