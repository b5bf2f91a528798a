/** Persistent MQTT sessions of a service with a data folder: they outlive it, for an hour. */
import { ClassicLevel } from "classic-level";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IClientOptions, IConnackPacket } from "mqtt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startJobsService, type JobsService } from "../tools/jobs-service";
import { VirtualTime } from "../tools/time";
import { devices, fence, type Device } from "./jobs-service/devices";
import { callerOf } from "./jobs-service/https-caller";
import { startServiceProcess, type ServiceProcess } from "./jobs-service/service-process";

const thing = "lamp-01";
const notifyNext = `$aws/things/${thing}/jobs/notify-next`;
let dir: string;
let time: VirtualTime;
let made: ReturnType<typeof devices>;
let service: JobsService | undefined;
let child: ServiceProcess | undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "jobs-sessions-"));
  time = new VirtualTime();
  made = devices();
});
afterEach(async () => {
  await made.end();
  await service?.stop();
  await child?.kill();
  service = child = undefined;
  rmSync(dir, { recursive: true });
});

async function start(): Promise<JobsService> {
  await service?.stop();
  service = await startJobsService({ data: dir, time, ports: { mqtts: false, https: false } });
  if (!service.rules.hasThing(thing)) service.rules.createThing(thing);
  return service;
}

const kept: IClientOptions = { clean: false };

function device(clientId = thing, options = kept): Promise<Device> {
  return made.connected((service ?? child)?.urls.mqtt ?? "", clientId, options);
}

/** A device whose messages are heard from the first on, with what the service said to its CONNECT. */
async function back(clientId = thing, options = kept): Promise<Device & { connack: IConnackPacket }> {
  const trying = made.trying((service ?? child)?.urls.mqtt ?? "", clientId, options);
  const connack = await new Promise<IConnackPacket>((resolve) => trying.client.once("connect", resolve));
  return { ...trying, connack };
}

async function subscribeAndLeave(topics: string | string[] = notifyNext, options = kept): Promise<void> {
  const lamp = await device(thing, options);
  await lamp.client.subscribeAsync(topics, { qos: 1 });
  await lamp.client.endAsync();
  await fence(await device("another", { clean: true })); // By now the service has seen the end of the connection.
}

function createJob({ rules }: JobsService, jobId: string): void {
  rules.createJob({ jobId, targets: [rules.thingArn(thing)], document: "{}" });
}

/** Ends the service and gives what it kept of sessions. */
async function sessionsOnDisk(): Promise<string[]> {
  await service?.stop();
  service = undefined;
  const records = new ClassicLevel(join(dir, "records"));
  const keys = await records.keys().all();
  await records.close();
  return keys.filter((key) => key.startsWith("session"));
}

describe("a persistent session", () => {
  it("is there after a restart, with what was queued for it", async () => {
    const first = await start();
    await subscribeAndLeave();
    createJob(first, "j1");
    await start();
    const lamp = await back();
    expect(lamp.connack.sessionPresent).toBe(true);
    expect(await lamp.until(({ topic }) => topic === notifyNext)).toMatchObject({ qos: 1, payload: { execution: { jobId: "j1" } } });
    await fence(lamp);
    expect(lamp.got.filter(({ topic }) => topic === notifyNext)).toHaveLength(1);
  });

  it("goes on after a restart: it is still subscribed, and what it has acknowledged does not come again", async () => {
    createJob(await start(), "j1");
    await subscribeAndLeave();
    (await start()).rules.deleteJob("j1", true);
    const lamp = await back();
    await lamp.until(({ topic, payload }) => topic === notifyNext && payload["execution"] === undefined);
    await fence(lamp); // By now the service has its PUBACK.
    await lamp.client.endAsync();
    const again = await start();
    const second = await back();
    expect(second.connack.sessionPresent).toBe(true);
    createJob(again, "j2");
    await second.until(({ topic }) => topic === notifyNext);
    await fence(second);
    expect(second.got.filter(({ topic }) => topic === notifyNext)).toMatchObject([{ payload: { execution: { jobId: "j2" } } }]);
  });

  it("has its messages in their order, over several restarts", async () => {
    await start();
    await subscribeAndLeave(["plain/#", "plain/2"]);
    for (let n = 0; n < 12; n++) {
      if (n % 4 === 3) await start();
      const other = await device("another", { clean: true });
      await other.client.publishAsync(`plain/${n}`, `{"n":${n}}`, { qos: 1 });
      await fence(other);
    }
    await start();
    const lamp = await back();
    await lamp.until(({ topic }) => topic === "plain/11");
    expect(lamp.got.map(({ payload }) => payload["n"])).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });

  it("survives the death of the process", { timeout: 60_000 }, async () => {
    child = await startServiceProcess(dir);
    const caller = callerOf(child);
    expect((await caller.call("POST", `/things/${thing}`, "{}")).status).toBe(200);
    await subscribeAndLeave();
    const { json } = await caller.call("GET", `/things/${thing}`);
    const targets = [json["thingArn"]];
    expect((await caller.call("PUT", "/jobs/j1", JSON.stringify({ targets, document: "{}" }))).status).toBe(200);
    // Acknowledged when it is on disk, and with it what was queued before.
    await (await device("another")).client.subscribeAsync("plain/topic", { qos: 1 });
    caller.end();
    await child.kill();
    child = await startServiceProcess(dir);
    const lamp = await back();
    expect(lamp.connack.sessionPresent).toBe(true);
    expect((await lamp.until(({ topic }) => topic === notifyNext)).payload).toMatchObject({ execution: { jobId: "j1" } });
    expect((await back("another")).connack.sessionPresent).toBe(true);
    expect(child.complaints).toEqual([]);
  });

  it.each([
    ["lasts for an hour from the restart on", 3_599_999, true],
    ["is gone an hour after the restart", 3_600_000, false],
  ])("%s", async (_what, passedMs, isKept) => {
    const first = await start();
    await subscribeAndLeave();
    createJob(first, "j1");
    time.advance(1_800_000);
    await start();
    time.advance(passedMs);
    const lamp = await back();
    expect(lamp.connack.sessionPresent).toBe(isKept);
    await fence(lamp);
    expect(lamp.got.filter(({ topic }) => topic === notifyNext)).toHaveLength(isKept ? 1 : 0);
  });

  it("that ended leaves nothing on disk, neither after its hour nor when its device wants none any more", async () => {
    for (const end of [() => Promise.resolve(time.advance(3_600_000)), () => device(thing, { clean: true })]) {
      const { rules } = await start();
      await subscribeAndLeave();
      createJob({ rules } as JobsService, "j1");
      expect(await sessionsOnDisk()).toHaveLength(2);
      const again = await start();
      await end();
      await fence(await device(thing, { clean: true }));
      again.rules.deleteJob("j1", true);
      expect(await sessionsOnDisk()).toEqual([]);
    }
  });

  it("has the properties of MQTT 5 with its messages after a restart", async () => {
    const modern: IClientOptions = { clean: false, protocolVersion: 5, properties: { sessionExpiryInterval: 3600 } };
    await start();
    await subscribeAndLeave("plain", modern);
    const other = await device("other", { ...modern, clean: true });
    const properties = { userProperties: { a: "b" }, correlationData: Buffer.from([0, 255]), messageExpiryInterval: 60 };
    await other.client.publishAsync("plain", "{}", { qos: 1, properties });
    await fence(other);
    await start();
    const trying = made.trying(service?.urls.mqtt ?? "", thing, modern);
    const packet = await new Promise((resolve) => trying.client.once("message", (_topic, _payload, got) => resolve(got.properties)));
    expect(packet).toMatchObject({ userProperties: { a: "b" }, correlationData: Buffer.from([0, 255]), messageExpiryInterval: 60 });
  });
});

it.each<[string, IClientOptions]>([
  ["a clean session", { clean: true }],
  ["a session of MQTT 5 that ends with its connection", { clean: false, protocolVersion: 5, properties: { sessionExpiryInterval: 0 } }],
])("%s leaves nothing on disk", async (_what, options) => {
  const first = await start();
  const lamp = await device(thing, options);
  await lamp.client.subscribeAsync(notifyNext, { qos: 1 });
  createJob(first, "j1");
  await lamp.until(({ topic }) => topic === notifyNext);
  expect(await sessionsOnDisk()).toEqual([]);
});
