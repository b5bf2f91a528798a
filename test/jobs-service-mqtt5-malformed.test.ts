/** MQTT 5 with bytes changed at random: whatever it says, it ends a connection at most, and others are served. */
import fc from "fast-check";
import type { Packet } from "mqtt-packet";
import { expect, it } from "vitest";
import { bytesOf, connectedWire, connectPacket, openWire } from "./jobs-service/mqtt5-wire";
import { aroundEachTest, root, thing } from "./jobs-service/plain-service";

const at = aroundEachTest();

const beside = {
  userProperties: { a: "b" },
  contentType: "x",
  messageExpiryInterval: 4,
  correlationData: Buffer.from("q"),
  responseTopic: "z",
};
const connect = connectPacket(thing, {
  will: { topic: "w", payload: Buffer.from("x"), qos: 1, retain: false, properties: { willDelayInterval: 4, ...beside } },
  properties: { sessionExpiryInterval: 9, receiveMaximum: 3, maximumPacketSize: 900, userProperties: { a: "b" } },
});
const packets: readonly Packet[] = [
  { cmd: "publish", topic: "a", payload: "{}", qos: 1, messageId: 3, dup: false, retain: true, properties: { topicAlias: 2, ...beside } },
  { cmd: "publish", topic: `${root}/get`, payload: "{}", qos: 0, dup: false, retain: false },
  {
    ...{ cmd: "subscribe", messageId: 4 },
    subscriptions: [
      { topic: "a", qos: 1, nl: true },
      { topic: "#", qos: 0 },
    ],
  },
  { cmd: "unsubscribe", messageId: 5, unsubscriptions: ["a"] },
  { cmd: "puback", messageId: 1, reasonCode: 0 },
  { cmd: "pingreq" },
  { cmd: "disconnect", reasonCode: 4, properties: { sessionExpiryInterval: 0, reasonString: "x" } },
];

it("ends connections and nothing else", async () => {
  const url = at.service.urls.mqtt ?? "";
  const changes = fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255)), { maxLength: 3 });
  const chosen = fc.array(fc.constantFrom(...packets), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(chosen, changes, fc.boolean(), async (sent, changed, sparesConnect) => {
      const first = bytesOf(connect);
      const bytes = Buffer.concat([first, ...sent.map(bytesOf)]);
      const from = sparesConnect && bytes.length > first.length ? first.length : 0;
      for (const [place, byte] of changed) bytes[from + Math.floor(place * (bytes.length - from))] = byte;
      const wire = openWire(url);
      wire.send(bytes);
      wire.socket.end();
      while ((await wire.next()) !== "closed");
    }),
    { numRuns: 300 },
  );
  const other = await connectedWire(url, "other");
  other.send({ cmd: "pingreq" });
  expect(await other.next()).toMatchObject({ cmd: "pingresp" });
});
