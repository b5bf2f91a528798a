/** What MQTT 5 adds, between clients of both versions: MQTT.js where a library does, single packets where none would. */
import type { IPublishPacket, Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { connectedWire, connectPacket, openWire, type Wire } from "./jobs-service/mqtt5-wire";
import { aroundEachTest, createJob, device, onTopic, root, thing } from "./jobs-service/plain-service";
import { fence, withToken, type Device } from "./jobs-service/devices";

const at = aroundEachTest();
const url = (): string => at.service.urls.mqtt ?? "";
const modern = (clientId = thing, options: object = {}): Promise<Device> => device(at, clientId, { protocolVersion: 5, ...options });

function publish(topic: string, payload: string, more: Partial<IPublishPacket> = {}): Packet {
  return { cmd: "publish", topic, payload, qos: 0, dup: false, retain: false, ...more };
}

/** Subscribes and waits for the answer. */
async function subscribe({ send, next }: Wire, topic: string, options: object = {}): Promise<void> {
  send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos: 1, ...options }] });
  expect(await next()).toMatchObject({ cmd: "suback", granted: [1] });
}

/** A client that writes down, with its properties, what it gets. */
async function listening(topic: string, clientId = "listener", options: object = {}): Promise<{ got: Promise<IPublishPacket> }> {
  const { client } = await modern(clientId, options);
  const got = new Promise<IPublishPacket>((resolve) => client.once("message", (_topic, _payload, packet) => resolve(packet)));
  await client.subscribeAsync(topic, { qos: 1 });
  return { got };
}

it("MQTT.js does a job in MQTT 5, told by notifications, with answers as in 3.1.1", async () => {
  const lamp = await modern();
  await lamp.client.subscribeAsync(`${root}/notify-next`, { qos: 1 });
  createJob(at);
  await lamp.until(onTopic("notify-next"));
  const properties = { responseTopic: "elsewhere", correlationData: Buffer.from("7"), userProperties: { a: "b" } };
  lamp.client.publish(`${root}/start-next`, '{"clientToken":"s"}', { qos: 1, properties });
  expect(await lamp.until(withToken("s"))).toMatchObject({ topic: `${root}/start-next/accepted`, payload: { execution: { jobId: "j1" } } });
  lamp.client.publish(`${root}/j1/update`, '{"status":"SUCCEEDED","clientToken":"u"}', { qos: 1 });
  await lamp.until(withToken("u"));
  expect(at.service.rules.describeExecution(thing, "j1").status).toBe("SUCCEEDED");
});

describe("what is sent beside a payload", () => {
  const properties = {
    payloadFormatIndicator: true,
    contentType: "application/json",
    responseTopic: "answers",
    correlationData: Buffer.from([0, 255]),
    userProperties: { place: ["hall", "attic"], __proto__x: "1" },
  };

  it.each(["{}", ""])("reaches subscribers that speak MQTT 5, and the payload (%j) all", async (payload) => {
    const { got } = await listening("a");
    const older = await device(at, "older");
    await older.client.subscribeAsync("a", { qos: 1 });
    const sender = await modern("sender");
    await sender.client.publishAsync("a", payload, { qos: 1, properties });
    expect((await got).properties).toEqual({ ...properties, userProperties: { ...properties.userProperties } });
    expect((await got).payload.toString()).toBe(payload);
    await older.until(({ topic }) => topic === "a");
  });

  it("comes with a retained message, and with one that waited for a session", async () => {
    const first = await modern("sleeper", { clean: false, properties: { sessionExpiryInterval: 60 } });
    await first.client.subscribeAsync("b", { qos: 1 });
    await first.client.endAsync();
    const sender = await modern("sender");
    await sender.client.publishAsync("a", "{}", { qos: 1, retain: true, properties });
    await sender.client.publishAsync("b", "{}", { qos: 1, properties });
    expect((await (await listening("a")).got).properties).toMatchObject({ contentType: "application/json" });
    const older = await device(at, "older");
    await older.client.subscribeAsync("a", { qos: 1 });
    await older.until(({ topic }) => topic === "a");
    const wire = openWire(url());
    wire.send(connectPacket("sleeper", { clean: false }));
    expect(await wire.next()).toMatchObject({ cmd: "connack", sessionPresent: true });
    expect(await wire.next()).toMatchObject({ topic: "b", properties: { contentType: "application/json", responseTopic: "answers" } });
  });

  it("is not there for messages of older clients", async () => {
    const { got } = await listening("a");
    const older = await device(at, "older");
    await older.client.publishAsync("a", "{}", { qos: 1 });
    expect(await got).not.toHaveProperty("properties.contentType");
  });
});

describe("a message with an expiry interval", () => {
  it.each<[number, number, number]>([
    [30, 10_500, 19],
    [0, 0, 1],
    [10_000_000, 0, 604_800],
    [2, 1001, 0],
  ])("of %i s says after %i ms that %i s are left", async (asked, passedMs, left) => {
    const sender = await modern("sender");
    await sender.client.publishAsync("a", "{}", { qos: 1, retain: true, properties: { messageExpiryInterval: asked } });
    at.time.advance(passedMs);
    const { got } = await listening("a");
    expect((await got).properties).toEqual({ messageExpiryInterval: left });
  });

  it("reaches nobody once that is over, of whatever version, and neither does a retained one", async () => {
    const older = await device(at, "older", { clean: false });
    await older.client.subscribeAsync("+", { qos: 1 });
    await older.client.endAsync();
    const sender = await modern("sender");
    await sender.client.publishAsync("a", "{}", { qos: 1, retain: true, properties: { messageExpiryInterval: 5 } });
    await sender.client.publishAsync("b", "{}", { qos: 1 });
    at.time.advance(5000);
    const again = await device(at, "older", { clean: false });
    await again.until(({ topic }) => topic === "b");
    await again.client.subscribeAsync("a", { qos: 1 });
    await again.client.publishAsync("c", "{}", { qos: 1 });
    await again.until(({ topic }) => topic === "c");
    expect(again.got.map(({ topic }) => topic)).toEqual(["b", "c"]);
  });
});

describe("a subscription's options", () => {
  it("keep one's own messages away, and leave the retain flag as it was published", async () => {
    const wire = await connectedWire(url(), "one");
    await subscribe(wire, "a", { nl: true });
    await subscribe(wire, "b", { rap: true });
    wire.send(publish("a", "own"));
    const other = await connectedWire(url(), "other");
    other.send(publish("a", "foreign", { retain: true }), publish("b", "kept", { retain: true }));
    const got = [await wire.next(), await wire.next()];
    expect(got.map((packet) => (packet as IPublishPacket).payload.toString())).toEqual(["foreign", "kept"]);
    expect(got).toMatchObject([{ retain: false }, { retain: true }]);
  });
});

describe("a topic alias", () => {
  it("stands for its topic until it gets another, on one connection alone", async () => {
    const spy = await connectedWire(url(), "spy");
    await subscribe(spy, "#");
    const wire = await connectedWire(url(), "one");
    const alias = (topicAlias: number): object => ({ properties: { topicAlias } });
    const both: readonly [string, number][] = [
      ["a", 1],
      ["b", 8],
      ["", 1],
      ["", 8],
      ["c", 1],
      ["", 1],
    ];
    wire.send(...both.map(([topic, number]) => publish(topic, "{}", alias(number))));
    const topics: string[] = [];
    while (topics.length < both.length) topics.push(((await spy.next()) as IPublishPacket).topic);
    expect(topics).toEqual(["a", "b", "a", "b", "c", "c"]);
    const other = await connectedWire(url(), "other");
    other.send(publish("", "{}", alias(1)));
    expect(await other.next()).toMatchObject({ cmd: "disconnect", reasonCode: 0x82 });
  });

  it("may name the topic of a request", async () => {
    const wire = await connectedWire(url(), thing);
    wire.send(publish(`${root}/get`, '{"clientToken":"1"}', { properties: { topicAlias: 3 } }));
    expect(await wire.next()).toMatchObject({ topic: `${root}/get/accepted` });
    wire.send(publish("", '{"clientToken":"2"}', { properties: { topicAlias: 3 } }));
    expect(((await wire.next()) as IPublishPacket).payload.toString()).toContain('"clientToken":"2"');
  });
});

describe("a client that can bear little", () => {
  it("gets no more unacknowledged messages than its receive maximum, and QoS 0 beside them", async () => {
    const wire = await connectedWire(url(), "one", { properties: { receiveMaximum: 2 } });
    await subscribe(wire, "a");
    const sender = await modern("sender");
    for (const payload of ["1", "2", "3", "4"]) await sender.client.publishAsync("a", payload, { qos: 1 });
    await sender.client.publishAsync("a", "unheeded", { qos: 0 });
    const next = async (): Promise<[string, number | undefined]> => {
      const { payload, messageId } = (await wire.next()) as IPublishPacket;
      return [payload.toString(), messageId];
    };
    const [, first] = await next();
    await next();
    expect(await next()).toEqual(["unheeded", undefined]);
    wire.send({ cmd: "puback", messageId: first ?? 0 });
    const [third, thirdId] = await next();
    expect(third).toBe("3");
    wire.send({ cmd: "puback", messageId: thirdId ?? 0, reasonCode: 0x80 });
    expect((await next())[0]).toBe("4");
  });

  it("is spared messages above its maximum packet size, for good", async () => {
    const terms = { clean: false, properties: { maximumPacketSize: 100, receiveMaximum: 1, sessionExpiryInterval: 60 } };
    const wire = await connectedWire(url(), "one", terms);
    await subscribe(wire, "a");
    const sender = await modern("sender");
    await sender.client.publishAsync("a", "x".repeat(100), { qos: 1 });
    await sender.client.publishAsync("a", "short", { qos: 1 });
    const short = (await wire.next()) as IPublishPacket;
    expect(short.payload.toString()).toBe("short");
    wire.send({ cmd: "puback", messageId: short.messageId ?? 0 }, { cmd: "pingreq" });
    expect(await wire.next()).toMatchObject({ cmd: "pingresp" });
    const again = await connectedWire(url(), "one", { clean: false });
    await sender.client.publishAsync("a", "last", { qos: 1 });
    expect(((await again.next()) as IPublishPacket).payload.toString()).toBe("last");
  });
});

describe("a session", () => {
  const keeping = (sessionExpiryInterval: number, clean = false): object => ({ clean, properties: { sessionExpiryInterval } });

  async function left(options: object, farewell?: object): Promise<void> {
    const wire = await connectedWire(url(), "one", options);
    await subscribe(wire, "a");
    wire.send({ cmd: "disconnect", ...farewell });
    expect(await wire.next()).toBe("closed");
    const sender = await modern("sender");
    await sender.client.publishAsync("a", "{}", { qos: 1 });
  }

  async function isPresent(options: object = { clean: false }): Promise<boolean> {
    const wire = openWire(url());
    wire.send(connectPacket("one", options));
    const connack = await wire.next();
    if (connack === "closed" || connack.cmd !== "connack") throw new Error("no CONNACK");
    if (connack.sessionPresent) expect(await wire.next()).toMatchObject({ cmd: "publish", topic: "a" });
    wire.send({ cmd: "pingreq" });
    expect(await wire.next()).toMatchObject({ cmd: "pingresp" }); // With nothing of an earlier session before it.
    return connack.sessionPresent;
  }

  it.each<[string, object, object | undefined, number, boolean]>([
    ["lasts as long as its expiry interval", keeping(60), undefined, 59_000, true],
    ["ends with its expiry interval", keeping(60), undefined, 60_000, false],
    ["begun anew lasts too", keeping(60, true), undefined, 59_000, true],
    ["without an expiry interval ends at once", { clean: false }, undefined, 0, false],
    ["lasts for an hour at most", keeping(0xffffffff), undefined, 3_600_000, false],
    ["may be shortened at the farewell", keeping(60), { properties: { sessionExpiryInterval: 0 } }, 0, false],
    ["may be lengthened at the farewell", keeping(60), { properties: { sessionExpiryInterval: 90 } }, 89_000, true],
  ])("%s", async (_what, options, farewell, passedMs, expected) => {
    await left(options, farewell);
    at.time.advance(passedMs);
    expect(await isPresent()).toBe(expected);
  });

  it("is left behind by a clean start, with what was queued for it", async () => {
    await left(keeping(600));
    expect(await isPresent(keeping(600, true))).toBe(false);
  });

  it("does not expire while its client is there again", async () => {
    await left(keeping(60));
    at.time.advance(30_000);
    const wire = await connectedWire(url(), "one", keeping(60));
    at.time.advance(120_000);
    expect(await wire.next()).toMatchObject({ topic: "a" });
    const sender = await modern("sender2");
    await sender.client.publishAsync("a", "later", { qos: 1 });
    expect(((await wire.next()) as IPublishPacket).payload.toString()).toBe("later");
  });

  it("goes on in 3.1.1, whose sessions last for an hour after the connection", async () => {
    await left(keeping(60));
    const older = await device(at, "one", { clean: false });
    await older.until(({ topic }) => topic === "a");
    at.time.advance(7_200_000);
    expect(await device(at, "one", { clean: false }).then(({ client }) => client.connected)).toBe(true);
  });
});

describe("a will", () => {
  const will = { topic: "last", payload: Buffer.from("{}"), qos: 1 as const, retain: false, properties: { willDelayInterval: 60 } };

  it.each<[string, (wire: Wire) => void]>([
    ["the connection breaks, without its delay", ({ socket }) => socket.destroy()],
    ["the client says so with its farewell", ({ send }) => send({ cmd: "disconnect", reasonCode: 4 })],
    ["the service ends the connection", ({ send }) => send(publish("a/#", "{}"))],
  ])("is published when %s", async (_when, end) => {
    const { got } = await listening("last");
    end(await connectedWire(url(), "one", { will }));
    expect((await got).payload.toString()).toBe("{}");
  });

  it("is void after a plain farewell", async () => {
    const spy = await modern("spy");
    at.service.rules.createThing("spy");
    await spy.client.subscribeAsync("last", { qos: 1 });
    const wire = await connectedWire(url(), "one", { will });
    wire.send({ cmd: "disconnect" });
    expect(await wire.next()).toBe("closed");
    await fence(spy);
    expect(spy.got.filter(({ topic }) => topic === "last")).toEqual([]);
  });
});
