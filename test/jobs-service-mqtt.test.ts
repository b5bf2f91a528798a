/** The MQTT face: who gets which message, how often and at what QoS. Over real sockets unless said otherwise. */
import { describe, expect, it } from "vitest";
import { Socket } from "node:net";
import { generate } from "mqtt-packet";
import { MqttClient } from "mqtt";
import { type Traffic } from "../tools/jobs-service";
import { fence, withToken } from "./jobs-service/devices";
import { aroundEachTest, createJob, device, onTopic, root, thing } from "./jobs-service/plain-service";

const at = aroundEachTest();

describe("a reply", () => {
  it("reaches a device that subscribed to nothing, once, at QoS 0", async () => {
    const lamp = await device(at);
    lamp.client.publish(`${root}/get`, '{"clientToken":"a"}', { qos: 1 });
    await lamp.until(withToken("a"));
    await fence(lamp);
    expect(lamp.got.filter(withToken("a"))).toEqual([expect.objectContaining({ topic: `${root}/get/accepted`, qos: 0 })]);
  });

  it("comes at the lower QoS of request and subscription", async () => {
    const lamp = await device(at);
    await lamp.client.subscribeAsync(`${root}/get/+`, { qos: 1 });
    await lamp.client.subscribeAsync(`${root}/start-next/accepted`, { qos: 0 });
    lamp.client.publish(`${root}/get`, '{"clientToken":"1 and 1"}', { qos: 1 });
    lamp.client.publish(`${root}/get`, '{"clientToken":"0 and 1"}', { qos: 0 });
    lamp.client.publish(`${root}/start-next`, '{"clientToken":"1 and 0"}', { qos: 1 });
    expect((await lamp.until(withToken("1 and 1"))).qos).toBe(1);
    expect((await lamp.until(withToken("0 and 1"))).qos).toBe(0);
    expect((await lamp.until(withToken("1 and 0"))).qos).toBe(0);
  });

  it("comes once although several filters cover it, and so does a notification", async () => {
    const lamp = await device(at);
    await lamp.client.subscribeAsync([`${root}/#`, `${root}/+/update/accepted`, `${root}/j1/update/+`, `${root}/notify`], { qos: 1 });
    createJob(at);
    lamp.client.publish(`${root}/j1/update`, '{"status":"SUCCEEDED","clientToken":"u"}', { qos: 1 });
    await lamp.until(withToken("u"));
    await fence(lamp);
    expect(lamp.got.map(({ topic }) => topic.slice(root.length + 1))).toEqual([
      "notify",
      "notify-next",
      "j1/update/accepted",
      "notify",
      "notify-next",
      "get/accepted",
    ]);
  });

  it("is seen by nobody else, and neither is the request", async () => {
    const lamp = await device(at);
    const spy = await device(at, "spy");
    at.service.rules.createThing("spy");
    await spy.client.subscribeAsync(["#", "+/#", "+/things/#", "$aws/things/spy/#"], { qos: 1 });
    createJob(at);
    lamp.client.publish(`${root}/j1/get`, '{"clientToken":"a"}', { qos: 1 });
    await lamp.until(withToken("a"));
    await lamp.client.publishAsync("plain/topic", "{}", { qos: 1 });
    await fence(spy);
    expect(spy.got.filter(({ topic }) => !topic.startsWith("$aws/things/spy/")).map(({ topic }) => topic)).toContain("plain/topic");
    expect(spy.got.filter(({ topic }) => topic.includes(thing))).toEqual([]);
  });

  it.each([true, false])("does not swallow a notification when requests come close together (clean session: %s)", async (clean) => {
    const lamp = await device(at, thing, { clean });
    await lamp.client.subscribeAsync(`${root}/notify-next`, { qos: 1 });
    for (let n = 0; n < 20; n++) createJob(at, `j${n}`);
    for (let n = 0; n < 20; n++) {
      lamp.client.publish(`${root}/j${n}/update`, '{"status":"SUCCEEDED"}', { qos: n % 2 === 0 ? 1 : 0 });
      lamp.client.publish(`${root}/get`, "{}", { qos: 0 });
    }
    await lamp.until(({ payload, topic }) => topic.endsWith("notify-next") && payload["execution"] === undefined);
    const heads = lamp.got
      .filter(onTopic("notify-next"))
      .map(({ payload }) => (payload["execution"] as { jobId?: string } | undefined)?.jobId);
    expect(heads).toEqual([...Array.from({ length: 20 }, (_, n) => `j${n}`), undefined]);
  });
});

describe("a notification", () => {
  it("is for subscribers only, at the QoS they asked for, and is not repeated at connect or subscribe", async () => {
    const lamp = await device(at);
    createJob(at);
    await lamp.client.subscribeAsync(`${root}/notify`, { qos: 0 });
    createJob(at, "j2");
    await fence(lamp);
    const notifications = lamp.got.filter(({ topic }) => topic.includes("notify"));
    expect(notifications).toEqual([expect.objectContaining({ topic: `${root}/notify`, qos: 0 })]);
  });

  it("waits for a device whose session is persistent", async () => {
    const first = await device(at, thing, { clean: false });
    await first.client.subscribeAsync(`${root}/notify-next`, { qos: 1 });
    await first.client.endAsync();
    createJob(at);
    const second = at.made.trying(at.service.urls.mqtt ?? "", thing, { clean: false });
    expect((await second.until(onTopic("notify-next"))).payload).toMatchObject({ execution: { jobId: "j1" } });
  });

  it.each([
    ["waits for an hour", 3_599_000, true],
    ["is gone after an hour", 3_600_000, false],
  ])("%s where a device with a persistent session has left", async (_what, passedMs, isKept) => {
    const first = await device(at, thing, { clean: false });
    await first.client.subscribeAsync(`${root}/notify-next`, { qos: 1 });
    await first.client.endAsync();
    createJob(at);
    await fence(await device(at, "another")); // By now the service has seen the end of the first connection.
    at.time.advance(passedMs);
    const second = at.made.trying(at.service.urls.mqtt ?? "", thing, { clean: false });
    const connack = await new Promise<{ sessionPresent: boolean }>((resolve) => second.client.once("connect", resolve));
    expect(connack.sessionPresent).toBe(isKept);
    await fence(second);
    expect(second.got.filter(({ topic }) => topic.endsWith("notify-next"))).toHaveLength(isKept ? 1 : 0);
  });

  it("follows from a timer on the service's clock", async () => {
    const lamp = await device(at);
    await lamp.client.subscribeAsync(`${root}/notify-next`, { qos: 1 });
    createJob(at);
    lamp.client.publish(`${root}/start-next`, '{"stepTimeoutInMinutes":1}', { qos: 1 });
    await fence(lamp);
    at.time.advance(60_000);
    await lamp.until(({ topic, payload }) => topic === `${root}/notify-next` && payload["execution"] === undefined);
    expect(at.service.rules.describeExecution(thing, "j1").status).toBe("TIMED_OUT");
  });
});

describe("the service", () => {
  it("tells of every message that a device sent or received", async () => {
    const seen: Traffic[] = [];
    const stopListening = at.service.onTraffic((message) => seen.push(message));
    const lamp = await device(at);
    await lamp.client.subscribeAsync(`${root}/notify-next`, { qos: 1 });
    createJob(at);
    lamp.client.publish(`${root}/j1/update`, '{"status":"SUCCEEDED"}', { qos: 1 });
    await lamp.until(({ topic, payload }) => topic.endsWith("notify-next") && payload["execution"] === undefined);
    stopListening();
    await fence(lamp);
    expect(seen.map(({ direction, topic }) => `${direction} ${topic.slice(root.length + 1)}`)).toEqual([
      "received notify-next",
      "published j1/update",
      "received j1/update/accepted",
      "received notify-next",
    ]);
    expect(seen[1]).toMatchObject({ thingName: thing, direction: "published", topic: `${root}/j1/update`, sizeBytes: 22 });
  });

  it("serves a connection without a socket, and ends it when the other end is destroyed", async () => {
    const end = at.service.connectMqtt();
    const lamp = at.made.watch(new MqttClient(() => end, { clientId: thing, reconnectPeriod: 0 }));
    await fence(lamp);
    createJob(at);
    await lamp.client.subscribeAsync(`${root}/notify`, { qos: 1 });
    end.destroy();
    await lamp.closed;
    const again = at.made.watch(new MqttClient(() => at.service.connectMqtt(), { clientId: thing, reconnectPeriod: 0 }));
    await fence(again);
    createJob(at, "j2");
    await fence(again);
    expect(again.got.filter(({ topic }) => topic.includes("notify"))).toEqual([]);
  });

  it("stops at once, connected devices and half-open connections included", async () => {
    const lamp = await device(at);
    const idle = new Socket();
    const { hostname, port } = new URL(at.service.urls.mqtt ?? "");
    await new Promise<void>((resolve) => idle.connect(Number(port), hostname, resolve));
    idle.on("error", () => {});
    idle.write(generate({ cmd: "connect", clientId: "half", protocolId: "MQTT", protocolVersion: 4 }).subarray(0, 5));
    const idleClosed = new Promise<void>((resolve) => idle.once("close", () => resolve()));
    await at.service.stop();
    await Promise.all([lamp.closed, idleClosed]);
  });
});
