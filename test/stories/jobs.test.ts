/** Whole stories: documents go in at the Jobs service, and the bundle on a virtual board makes something of them. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { countTraffic, openWorld, type World } from "./world";

describe.each(["stock", "jobsfw"] as const)("on %s firmware", (firmware) => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld({ board: { firmware } });
    world.board.powerOn();
    await world.until(() => world.traffic.some(({ topic }) => topic.endsWith("$next/get/accepted")));
  });
  afterEach(() => world.close());

  test("a blink job blinks, at its times, and costs one message out and three in", async () => {
    const from = world.traffic.length;
    world.createJob("b", { action: "blink", count: 3, onTime: 250, offTime: 500 });
    expect(await world.ended("b")).toBe("SUCCEEDED");
    const [first, ...edges] = world.board.pins();
    const times = [first, ...edges].map((edge) => (edge?.ms ?? 0) - (first?.ms ?? 0));
    expect([first, ...edges].map((edge) => edge?.level)).toEqual([1, 0, 1, 0, 1, 0]);
    // A timer of the firmware ends with a tick of 10 ms, and the first tick has begun already.
    [0, 250, 750, 1000, 1500, 1750].forEach((ms, n) => expect(Math.abs((times[n] ?? 0) - ms)).toBeLessThan(10));
    await world.pass(60_000);
    expect(countTraffic(world, from)).toEqual({ published: 1, received: 3 });
  });

  test("a job of more than five seconds is claimed, and costs two messages out and four in", async () => {
    const from = world.traffic.length;
    world.createJob("b", { action: "blink", count: 4, onTime: 1000, offTime: 1000 });
    await world.pass(4900);
    expect(world.ending("b")).toBe("QUEUED");
    await world.pass(200);
    expect(world.ending("b")).toBe("IN_PROGRESS");
    expect(await world.ended("b")).toBe("SUCCEEDED");
    await world.pass(60_000);
    expect(countTraffic(world, from)).toEqual({ published: 2, received: 4 });
  });

  test("an update is downloaded, checked, booted, accepted and reported", async () => {
    world.createJob("u", { action: "ota", ...world.publish("2.0.0") });
    expect(await world.ended("u")).toBe("SUCCEEDED");
    expect(world.details("u")).toEqual({ version: "2.0.0", slot: "ota_1", previous: "1.0.0" });
    expect(world.board.slots()).toMatchObject({ running: "ota_1", states: { ota_1: "valid" } });
    world.createJob("d", { action: "describe" });
    expect(await world.ended("d")).toBe("SUCCEEDED");
    expect(world.details("d")).toMatchObject({ version: "2.0.0", slot: "ota_1", state: "accepted", bootReason: "restart" });
  });

  test("an image with a wrong digest is not booted", async () => {
    world.createJob("u", { action: "ota", ...world.publish("2.0.0"), md5: "0".repeat(32) });
    expect(await world.ended("u")).toBe("FAILED MD5_MISMATCH");
    await world.pass(60_000);
    expect(world.board.slots()).toMatchObject({ running: "ota_0", next: "ota_0" });
  });

  test("firmware that never reaches the service is rolled back, and the job fails", async () => {
    world.createJob("u", { action: "ota", ...world.publish("6.6.6", 300_000, "while true do end") });
    expect(await world.ended("u", 600_000)).toBe("FAILED ROLLED_BACK");
    expect(world.board.slots()).toMatchObject({ running: "ota_0", states: { ota_1: "aborted" } });
  });

  test("firmware that cannot even start its agent is rolled back, and the job fails", async () => {
    for (const [version, bundle] of [
      ["6.6.7", ""],
      ["6.6.8", 'error("no way")'],
    ] as const) {
      world.createJob(version.replaceAll(".", "-"), { action: "ota", ...world.publish(version, 300_000, bundle) });
      expect(await world.ended(version.replaceAll(".", "-"), 600_000)).toBe("FAILED ROLLED_BACK");
      expect(world.board.slots()).toMatchObject({ running: "ota_0", states: { ota_1: "aborted" } });
    }
  });

  test("firmware that cannot reach the service within its trial is rolled back", async () => {
    const stop = world.board.on("boot", ({ version }) => {
      world.reachable = version !== "2.0.0";
    });
    world.createJob("u", { action: "ota", ...world.publish("2.0.0") });
    expect(await world.ended("u", 1_200_000)).toBe("FAILED ROLLED_BACK");
    stop();
  });

  test("a reboot job restarts the board and reports once it is back", async () => {
    let boots = 0;
    world.board.on("boot", () => boots++);
    world.createJob("r", { action: "reboot" });
    expect(await world.ended("r")).toBe("SUCCEEDED");
    expect(boots).toBe(1);
    expect(world.details("r")).toEqual({ bootReason: "restart" });
  });

  test("three jobs at once run one after the other, in order", async () => {
    const order: string[] = [];
    world.service.onTraffic(({ direction, topic }) => {
      if (direction === "published") order.push(topic.split("/")[4] ?? "");
    });
    for (const jobId of ["a", "b", "c"]) world.createJob(jobId, { action: "blink", count: 1, onTime: 50, offTime: 50 });
    for (const jobId of ["a", "b", "c"]) expect(await world.ended(jobId)).toBe("SUCCEEDED");
    expect(order).toEqual(["a", "b", "c"]);
  });

  test("a job that was created while the board was off is run when it comes back", async () => {
    world.board.powerOff();
    world.createJob("b", { action: "blink", count: 1 });
    await world.pass(10_000);
    world.board.powerOn();
    expect(await world.ended("b")).toBe("SUCCEEDED");
  });

  test("a job whose report got lost with the connection is reported after the reconnect", async () => {
    world.createJob("b", { action: "blink", count: 2, onTime: 1000, offTime: 1000 });
    await world.pass(1500);
    world.board.wifi(false);
    await world.pass(180_000);
    expect(world.ending("b")).toBe("QUEUED");
    world.board.wifi(true);
    expect(await world.ended("b", 300_000)).toBe("SUCCEEDED");
    expect(world.board.pins().filter(({ level }) => level === 1)).toHaveLength(2);
  });

  test("a cancelled job stops", async () => {
    world.createJob("b", { action: "blink", count: 50, onTime: 1000, offTime: 1000 });
    await world.pass(6500);
    world.service.rules.cancelJob("b", { force: true });
    await world.settle();
    const edges = world.board.pins().length;
    await world.pass(10_000);
    expect(world.board.pins().length).toBeLessThanOrEqual(edges + 1);
    expect(world.board.pins().at(-1)?.level).toBe(0);
    expect(world.ending("b")).toBe("CANCELED");
    world.createJob("c", { action: "describe" });
    expect(await world.ended("c")).toBe("SUCCEEDED");
  });

  test("a document of 32 KB is read, and a larger message would be asked about", async () => {
    world.createJob("b", { action: "describe", padding: "x".repeat(32_000) });
    expect(await world.ended("b")).toBe("SUCCEEDED");
  });

  test("documents that cannot be right are rejected with a reason, and the next job runs", async () => {
    const nested = `${"[".repeat(25)}${"]".repeat(25)}`;
    const cases: [string, string][] = [
      [`{"action":"fly"}`, "REJECTED ACTION_UNKNOWN"],
      [`{"act":"blink"}`, "REJECTED DOCUMENT_INVALID"],
      [`[]`, "REJECTED DOCUMENT_INVALID"],
      [`{"action":["blink"]}`, "REJECTED DOCUMENT_INVALID"],
      [`{"action":null}`, "REJECTED DOCUMENT_INVALID"],
      [`{"action":"blink","count":"many"}`, "REJECTED INPUT_INVALID"],
      [`{"action":"blink","count":0}`, "REJECTED INPUT_INVALID"],
      [`{"action":"blink","count":1e300}`, "REJECTED INPUT_INVALID"],
      [`{"action":"blink","pin":-1}`, "REJECTED INPUT_INVALID"],
      [`{"action":"blink","pin":35}`, "REJECTED INPUT_INVALID"],
      [`{"action":"blink","count":1,"deep":${nested}}`, "REJECTED DOCUMENT_UNREADABLE"],
      [`{"action":"ota","url":"https://x.test/y","version":"1"}`, "REJECTED INPUT_INVALID"],
      [`{"action":"ota","url":"https://x.test/${"y".repeat(5000)}","version":"1","md5":"${"0".repeat(32)}"}`, "REJECTED URL_TOO_LONG"],
    ];
    let n = 0;
    for (const [document, ending] of cases) {
      const jobId = `bad-${n++}`;
      try {
        world.createJob(jobId, document);
      } catch {
        continue; // What the service itself refuses never reaches a board.
      }
      expect(`${document}: ${await world.ended(jobId)}`).toBe(`${document}: ${ending}`);
      expect(world.details(jobId)["reason"]).toMatch(/\w/);
    }
    expect(n).toBe(cases.length);
    world.createJob("good", { action: "blink", count: 1 });
    expect(await world.ended("good")).toBe("SUCCEEDED");
  });
});
