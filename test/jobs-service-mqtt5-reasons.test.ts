/** MQTT 5, packet by packet: the reason codes of AWS IoT Core, and what ends a connection. */
import type { IConnectPacket, IPublishPacket, Packet } from "mqtt-packet";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startJobsService } from "../tools/jobs-service";
import { beginsMqtt5 } from "../tools/jobs-service/mqtt5-first-packet";
import { bytesOf, connectedWire, connectPacket, farewell, openWire, type Wire } from "./jobs-service/mqtt5-wire";
import { aroundEachTest, device, root, thing } from "./jobs-service/plain-service";

const at = aroundEachTest();
const url = (): string => at.service.urls.mqtt ?? "";
const lamp = (more: Partial<IConnectPacket> = {}): Promise<Wire> => connectedWire(url(), thing, more);

function publish(topic: string, more: Partial<IPublishPacket> = {}): Packet {
  return { cmd: "publish", topic, payload: "{}", qos: 1, dup: false, retain: false, messageId: 7, ...more };
}

function subscribe(...topics: readonly string[]): Packet {
  return { cmd: "subscribe", messageId: 9, subscriptions: topics.map((topic) => ({ topic, qos: 1 })) };
}

/** A PUBLISH whose variable header and payload are as given. */
function raw(firstByte: number, ...rest: readonly number[]): Buffer {
  return Buffer.from([firstByte, rest.length, ...rest]);
}

/** A PUBLISH on a topic of so many equal bytes, and what follows that. */
function sized(length: number, byte: number, rest: Buffer): Buffer {
  const body = Buffer.concat([Buffer.of(length >> 8, length & 255), Buffer.alloc(length, byte), rest]);
  return Buffer.concat([Buffer.of(0x30, (body.length & 127) | 128, ((body.length >> 7) & 127) | 128, body.length >> 14), body]);
}

/** Properties of 30,003 bytes: a content type of 30,000 that are no UTF-8. */
const contentType = Buffer.concat([Buffer.of(0xb3, 0xea, 0x01, 3, 0x75, 0x30), Buffer.alloc(30_000, 0xff)]);

describe("a CONNACK", () => {
  const will = { payload: Buffer.from("gone"), retain: false };
  it.each<[string, string, number, Partial<IConnectPacket>]>([
    ["Client Identifier not valid, for one of 129 bytes", "x".repeat(129), 0x85, {}],
    ["Bad authentication method, as AWS has no AUTH", thing, 0x8c, { properties: { authenticationMethod: "SCRAM" } }],
    ["Topic Name invalid, for a will on a reserved topic", thing, 0x90, { will: { ...will, topic: `${root}/get`, qos: 1 } }],
    ["Topic Name invalid, for a will with a wildcard", thing, 0x90, { will: { ...will, topic: "a/+", qos: 1 } }],
    ["QoS not supported, for a will at QoS 2", thing, 0x9b, { will: { ...will, topic: "a", qos: 2 } }],
    ["Protocol Error, for a receive maximum of 0", thing, 0x82, { properties: { receiveMaximum: 0 } }],
    ["Protocol Error, for a maximum packet size of 0", thing, 0x82, { properties: { maximumPacketSize: 0 } }],
  ])("says %s", async (_what, clientId, reasonCode, more) => {
    const wire = openWire(url());
    wire.send(connectPacket(clientId, more));
    expect(await wire.next()).toMatchObject({ cmd: "connack", sessionPresent: false, reasonCode });
    expect(await wire.next()).toBe("closed");
  });

  it("says Quota exceeded to a client id that connects twice in a second", async () => {
    const service = await startJobsService({ time: at.time, rateLimits: true, ports: { https: false, mqtts: false } });
    try {
      await connectedWire(service.urls.mqtt ?? "", thing);
      const second = openWire(service.urls.mqtt ?? "");
      second.send(connectPacket(thing));
      expect(await second.next()).toMatchObject({ cmd: "connack", reasonCode: 0x97 });
    } finally {
      await service.stop();
    }
  });

  it("says Unspecified error when a fault refuses the connection", async () => {
    at.service.rules.faults.add({ fault: "refuse-connection", target: thing, count: 1 });
    const wire = openWire(url());
    wire.send(connectPacket(thing));
    expect(await wire.next()).toMatchObject({ cmd: "connack", reasonCode: 0x80 });
  });

  it("has the limits, an id for a client without one, and no keep-alive for one that may have its own", async () => {
    const wire = openWire(url());
    wire.send(connectPacket(""));
    const connack = await wire.next();
    expect(connack).toMatchObject({ reasonCode: 0, properties: { receiveMaximum: 100, topicAliasMaximum: 8, maximumQoS: 1 } });
    expect(connack).toHaveProperty("properties.assignedClientIdentifier", expect.stringMatching(/^[0-9a-f-]{36}$/));
    expect(connack).not.toHaveProperty("properties.serverKeepAlive");
    expect(connack).not.toHaveProperty("properties.sessionExpiryInterval");
  });
});

describe("a PUBACK", () => {
  it.each<[string, number, string]>([
    ["Success", 0, "a"],
    ["Success, for a request", 0, `${root}/get`],
    ["Not authorized, for another thing's topic", 0x87, "$aws/things/lamp-02/jobs/get"],
    ["Topic Name invalid, for a reserved topic", 0x90, `$aws/things/${thing}/shadow/get`],
    ["Topic Name invalid, for one of 257 bytes", 0x90, "a".repeat(257)],
    ["Topic Name invalid, for one with eight slashes", 0x90, "a/b/c/d/e/f/g/h/i"],
  ])("says %s", async (_what, reasonCode, topic) => {
    const wire = await lamp();
    wire.send(publish(topic));
    const packets = [await wire.next()];
    if (topic === `${root}/get`) packets.push(await wire.next()); // Its reply.
    expect(packets).toContainEqual(expect.objectContaining({ cmd: "puback", messageId: 7, reasonCode }));
    wire.send({ cmd: "pingreq" });
    expect(await wire.next()).toMatchObject({ cmd: "pingresp" });
  });

  it("says Packet identifier in use, and later acknowledges the message that uses it", async () => {
    const wire = await lamp();
    wire.send(publish("a"), publish("b"));
    expect(await wire.next()).toMatchObject({ cmd: "puback", messageId: 7, reasonCode: 0x91 });
    expect(await wire.next()).toMatchObject({ cmd: "puback", messageId: 7, reasonCode: 0 });
    wire.send(publish("b"));
    expect(await wire.next()).toMatchObject({ cmd: "puback", messageId: 7, reasonCode: 0 });
  });

  it.each([true, false])("gives the reason in words to who wants that (%s)", async (requestProblemInformation) => {
    const wire = await lamp({ properties: { requestProblemInformation } });
    wire.send(publish("$aws/things/lamp-02/jobs/get"));
    const reasonString = "a PUBLISH on $aws/things/lamp-02/jobs/get, which it is not allowed";
    const puback = await wire.next();
    if (requestProblemInformation) expect(puback).toMatchObject({ reasonCode: 0x87, properties: { reasonString } });
    else expect(puback).not.toHaveProperty("properties");
  });
});

describe("a SUBACK and an UNSUBACK", () => {
  it("answer for each filter: Granted, Not authorized, Topic Filter invalid", async () => {
    const wire = await lamp();
    wire.send(subscribe("a", "$aws/things/lamp-02/jobs/notify", "a", "b/".repeat(8), "$share/group/a", `${root}/#`, "a"));
    expect(await wire.next()).toMatchObject({ cmd: "suback", messageId: 9, granted: [1, 0x87, 1, 0x8f, 0x8f, 1, 1] });
    wire.send({ cmd: "unsubscribe", messageId: 10, unsubscriptions: ["a", "never"] });
    expect(await wire.next()).toMatchObject({ cmd: "unsuback", messageId: 10, granted: [0, 0] });
  });

  it("grant QoS 1 to who asks for QoS 2", async () => {
    const wire = await lamp();
    wire.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a", qos: 2 }] });
    expect(await wire.next()).toMatchObject({ granted: [1] });
  });

  it("say Quota exceeded for the 51st subscription", async () => {
    const wire = await lamp();
    for (let n = 0; n < 50; n++) {
      wire.send(subscribe(`t/${n}`));
      expect(await wire.next()).toMatchObject({ granted: [1] });
    }
    wire.send(subscribe("t/0", "t/50"));
    expect(await wire.next()).toMatchObject({ granted: [1, 0x97] });
  });
});

describe("a DISCONNECT of the service says", () => {
  const topicA = [0, 1, 0x61];
  const offences: readonly [string, number, readonly (Packet | Buffer)[]][] = [
    ["Malformed Packet, for reserved header flags", 0x81, [raw(0x81, 0, 1, 0)]],
    ["Malformed Packet, for both bits of QoS", 0x81, [raw(0x36, ...topicA, 0, 7, 0)]],
    ["Malformed Packet, for an unknown property", 0x81, [raw(0x30, ...topicA, 2, 0x7f, 1)]],
    ["Malformed Packet, for a topic that is cut off", 0x81, [raw(0x30, 0, 9, 0x61)]],
    ["Malformed Packet, for properties that are cut off", 0x81, [raw(0x30, ...topicA, 9, 3, 0, 9), Buffer.alloc(16)]],
    ["Malformed Packet, for a length of five bytes", 0x81, [Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 1])]],
    ["Malformed Packet, for subscription options that are reserved", 0x81, [raw(0x82, 0, 1, 0, ...topicA, 0xc1)]],
    ["Malformed Packet, for a topic that is no UTF-8", 0x81, [sized(30_000, 0xff, Buffer.of(0))]],
    ["Malformed Packet, for a property that is no UTF-8", 0x81, [sized(1, 0x61, contentType)]],
    ["Protocol Error, for a second CONNECT", 0x82, [connectPacket(thing)]],
    ["Protocol Error, for AUTH", 0x82, [{ cmd: "auth", reasonCode: 0x18 }]],
    ["Protocol Error, for a packet of QoS 2", 0x82, [{ cmd: "pubrel", messageId: 1 }]],
    ["Protocol Error, for what only servers send", 0x82, [{ cmd: "suback", messageId: 1, granted: [0] }]],
    ["Protocol Error, for packet id 0", 0x82, [raw(0x32, ...topicA, 0, 0, 0)]],
    ["Protocol Error, for a property that is there twice", 0x82, [raw(0x30, ...topicA, 8, 3, 0, 1, 0x78, 3, 0, 1, 0x78)]],
    ["Protocol Error, for a property of another packet", 0x82, [raw(0x30, ...topicA, 3, 0x21, 0, 1)]],
    ["Protocol Error, for a SUBSCRIBE without filters", 0x82, [raw(0x82, 0, 1, 0)]],
    ["Protocol Error, for no topic and no alias", 0x82, [publish("", { qos: 0 })]],
    ["Protocol Error, for an alias that stands for nothing", 0x82, [publish("", { qos: 0, properties: { topicAlias: 1 } })]],
    ["Protocol Error, for a response topic with a wildcard", 0x82, [publish("a", { properties: { responseTopic: "a/#" } })]],
    [
      "Protocol Error, for a session that had ended and is to go on",
      0x82,
      [{ cmd: "disconnect", properties: { sessionExpiryInterval: 5 } }],
    ],
    ["Not authorized, for what has no acknowledgement", 0x87, [publish("$aws/things/lamp-02/jobs/get", { qos: 0 })]],
    ["Topic Filter invalid, for misplaced wildcards", 0x8f, [subscribe("a#")]],
    ["Topic Filter invalid, for an UNSUBSCRIBE too", 0x8f, [{ cmd: "unsubscribe", messageId: 1, unsubscriptions: ["#/a"] }]],
    ["Topic Name invalid, for a wildcard", 0x90, [publish("a/+")]],
    ["Topic Name invalid, for a reserved topic without acknowledgement", 0x90, [publish("$aws/other", { qos: 0 })]],
    ["Topic Alias invalid, for one above 8", 0x94, [publish("a", { properties: { topicAlias: 9 } })]],
    ["Topic Alias invalid, for 0", 0x94, [raw(0x30, ...topicA, 3, 0x23, 0, 0)]],
    ["Packet too large, as soon as one is announced", 0x95, [Buffer.from([0x30, 0x80, 0x80, 0x80, 0x01])]],
    ["Quota exceeded, for nine filters at once", 0x97, [subscribe("1", "2", "3", "4", "5", "6", "7", "8", "9")]],
    ["QoS not supported, for a PUBLISH at QoS 2", 0x9b, [publish("a", { qos: 2 })]],
    [
      "Subscription Identifiers not supported",
      0xa1,
      [{ cmd: "subscribe", messageId: 1, properties: { subscriptionIdentifier: 1 }, subscriptions: [{ topic: "a", qos: 0 }] }],
    ],
  ];
  it.each(offences)("%s", async (_what, reasonCode, packets) => {
    const wire = await lamp();
    wire.send(...packets);
    const { properties, ...packet } = await farewell(wire);
    expect(packet).toMatchObject({ reasonCode });
    expect(at.log).toContain(`disconnected ${thing}: ${properties?.reasonString ?? ""}`);
  });

  it("Receive Maximum exceeded, for the 101st message at once", async () => {
    const wire = await lamp();
    wire.send(...Array.from({ length: 101 }, (_, n) => publish("a", { messageId: n + 1 })));
    expect(await farewell(wire)).toMatchObject({ reasonCode: 0x93 });
  });

  it("Session taken over, to the first of two with one client id, whatever the second speaks", async () => {
    const first = await lamp();
    const second = await lamp();
    expect(await farewell(first)).toMatchObject({ reasonCode: 0x8e });
    await device(at);
    expect(await farewell(second)).toMatchObject({ reasonCode: 0x8e });
  });

  it("Server shutting down", async () => {
    const service = await startJobsService({ ports: { https: false, mqtts: false } });
    const wire = await connectedWire(service.urls.mqtt ?? "", thing);
    await service.stop();
    expect(await farewell(wire)).toMatchObject({ reasonCode: 0x8b });
  });

  describe("with timers that a test moves", () => {
    afterEach(() => vi.useRealTimers());
    it("Keep Alive timeout, after one and a half times the interval", async () => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const wire = await lamp({ keepalive: 40 });
      vi.advanceTimersByTime(59_000);
      wire.send({ cmd: "pingreq" });
      expect(await wire.next()).toMatchObject({ cmd: "pingresp" });
      vi.advanceTimersByTime(60_100);
      expect(await farewell(wire)).toMatchObject({ reasonCode: 0x8d });
    });

    it("nothing to who never sends a CONNECT: it is hung up on after thirty seconds", async () => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const wire = openWire(url());
      wire.send(bytesOf(connectPacket(thing)).subarray(0, 4));
      await lamp(); // By then the other one was heard too.
      vi.advanceTimersByTime(30_100);
      expect(await wire.next()).toBe("closed");
      expect(at.log).toContain("refused a connection: connect did not arrive in time");
    });
  });
});

describe("the first bytes", () => {
  it("tell MQTT 5 from everything else as soon as they can", () => {
    const connect = bytesOf(connectPacket(thing));
    expect([0, 1, 2, 8].map((length) => beginsMqtt5(connect.subarray(0, length)))).toEqual([undefined, undefined, undefined, undefined]);
    expect(beginsMqtt5(connect.subarray(0, 9))).toBe(true);
    const long = bytesOf(connectPacket(thing, { properties: { userProperties: { a: "x".repeat(20_000) } } }));
    expect(beginsMqtt5(long.subarray(0, 11))).toBe(true);
    const older = bytesOf({ cmd: "connect", clientId: thing });
    expect(beginsMqtt5(older)).toBe(false);
    for (const other of ["GET / HTTP/1.1", "\x16\x03\x01", "\x10\x80\x80\x80\x80\x01", "\x10\x0c\x00\x06MQIsdp\x03"]) {
      expect(beginsMqtt5(Buffer.from(other, "latin1"))).toBe(false);
    }
  });

  it("may come one by one", async () => {
    const wire = openWire(url());
    wire.socket.setNoDelay(true);
    for (const byte of bytesOf(connectPacket(thing))) {
      await new Promise<void>((resolve) => wire.socket.write(Buffer.of(byte), () => resolve()));
    }
    expect(await wire.next()).toMatchObject({ cmd: "connack", reasonCode: 0 });
  });

  it("that are cut off by the end of a connection, or make no sense after that, end it", async () => {
    const connect = bytesOf(connectPacket(thing));
    const half = openWire(url());
    half.send(connect.subarray(0, 5));
    half.socket.end();
    expect(await half.next()).toBe("closed");
    const broken = openWire(url());
    broken.send(Buffer.concat([Buffer.of(0x10, 12), connect.subarray(2, 9), Buffer.of(1, 0, 60, 0, 0)]));
    expect(await broken.next()).toMatchObject({ cmd: "connack", reasonCode: 0x81 });
    expect(await broken.next()).toBe("closed");
  });
});
