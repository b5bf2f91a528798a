/** MQTT as bytes: packets that are nearly right, damaged, or none at all. */
import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { hostileText } from "./hostile";

const topic = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom("get", "$next/get", "j1/get", "j2/update", "start-next").map((suffix) => `$aws/things/t1/jobs/${suffix}`),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom("t2", "+", "#", "t1/../t2", "T2", "t2\0", " t2"),
        fc.constantFrom("get", "#", "+", "notify", "notify-next", "$next/get", "j2/get", "j2/update"),
      )
      .map(([thing, suffix]) => `$aws/things/${thing}/jobs/${suffix}`),
  },
  fc.constantFrom(
    "#",
    "+/#",
    "$aws/#",
    "$aws/+/+/jobs/#",
    "$share/g/$aws/things/t2/jobs/#",
    "$SYS/#",
    "a//b",
    "/",
    "a/b/c/d/e/f/g/h/i",
    "x".repeat(300),
  ),
  hostileText,
);
const payload = fc.oneof(
  fc
    .constantFrom("{}", '{"status":"SUCCEEDED"}', '{"clientToken":{}}', "[]", "{", "", `{"status":${"[".repeat(50_000)}}`)
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
);
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const messageId = fc.constantFrom(1, 2, 65_535);
const clientId = fc.oneof(
  { weight: 5, arbitrary: fc.constant("t1") },
  fc.constantFrom("t2", "+", "#", "t2/jobs", "", "x".repeat(200)),
  hostileText,
);
const will = fc.record({ topic, payload, qos, retain: fc.boolean() });

const connect: fc.Arbitrary<Packet> = fc
  .record(
    {
      clientId,
      clean: fc.boolean(),
      keepalive: fc.constantFrom(0, 1, 65_535),
      will,
      version: fc.constantFrom(3 as const, 4 as const, 5 as const),
    },
    { requiredKeys: ["clientId", "clean", "version"] },
  )
  .map(({ version, ...more }) => ({ cmd: "connect", protocolId: version === 3 ? "MQIsdp" : "MQTT", protocolVersion: version, ...more }));

const others: fc.Arbitrary<Packet> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({ topic, payload, qos, retain: fc.boolean(), dup: fc.boolean(), messageId })
      .map((packet): Packet => ({ cmd: "publish", ...packet, dup: packet.qos > 0 && packet.dup })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(messageId, fc.array(fc.record({ topic, qos }), { minLength: 1, maxLength: 9 }))
      .map(([id, subscriptions]): Packet => ({ cmd: "subscribe", messageId: id, subscriptions })),
  },
  fc
    .tuple(messageId, fc.array(topic, { minLength: 1, maxLength: 3 }))
    .map(([id, unsubscriptions]): Packet => ({ cmd: "unsubscribe", messageId: id, unsubscriptions })),
  fc
    .tuple(fc.constantFrom("puback" as const, "pubrec" as const, "pubrel" as const, "pubcomp" as const), messageId)
    .map(([cmd, id]): Packet => ({ cmd, messageId: id })),
  fc.constantFrom<Packet>({ cmd: "pingreq" }, { cmd: "pingresp" }, { cmd: "connack", returnCode: 0, sessionPresent: false }),
);

/** What the library refuses to write becomes no bytes: that packet is then left out. */
function bytesOf(packet: Packet): Buffer {
  try {
    return generate(packet);
  } catch {
    return Buffer.alloc(0);
  }
}

const damage = fc.oneof(
  { weight: 8, arbitrary: fc.constant((bytes: Buffer) => bytes) },
  fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => (bytes: Buffer) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ mask;
    return copy;
  }),
  fc.nat(200).map((at) => (bytes: Buffer) => bytes.subarray(0, at)),
);
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(
      [0x10, 0xff, 0xff, 0xff, 0x7f],
      [0x30, 0xff, 0xff, 0xff, 0xff, 0x7f],
      [0x00, 0x00],
      [0xf0, 0x00],
      [0x32, 0x05, 0, 1, 0x61, 0, 0],
    )
    .map((bytes) => Buffer.from(bytes)),
  fc.constant(Buffer.concat(Array.from({ length: 500 }, () => Buffer.from([0xc0, 0])))),
);

function damaged(packet: fc.Arbitrary<Packet>): fc.Arbitrary<Buffer> {
  return fc.tuple(packet, damage).map(([one, spoil]) => spoil(bytesOf(one)));
}

/** A connection that lets itself in as it should, and what it sends from then on. */
export const greeting: Buffer = generate({
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 4,
  clientId: "t1",
  clean: true,
  keepalive: 60,
});
export const packetsAfter: fc.Arbitrary<Buffer[]> = fc.array(fc.oneof({ weight: 6, arbitrary: damaged(others) }, damaged(connect), noise), {
  maxLength: 8,
});

/** All that may come over a new connection, in pieces. */
export const session: fc.Arbitrary<Buffer[]> = fc
  .tuple(fc.oneof({ weight: 2, arbitrary: fc.constant(greeting) }, { weight: 2, arbitrary: damaged(connect) }, noise), packetsAfter)
  .map(([first, rest]) => [first, ...rest].filter(({ length }) => length > 0));
