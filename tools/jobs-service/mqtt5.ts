/**
 * A connection that speaks MQTT 5, for a broker that speaks 3.1.1: what stands between them. aedes 1.2.0 refuses version 5
 * (lib/handlers/connect.js); its 2.0.0-beta.1 takes it. Reason codes and limits are those of AWS (developer guide, "MQTT 5 supported
 * features", "MQTT 5 properties", "MQTT reason codes").
 */
import { Duplex } from "node:stream";
import { generate, parser as makeParser, type IPublishPacket, type Packet } from "mqtt-packet";
import { openAcks, receiveMaximum } from "./mqtt5-acks";
import { carriedWith, carry, hasExpired } from "./mqtt5-carried";
import { noTerms, topicAliasMaximum, translateInward, type Mqtt5Terms } from "./mqtt5-inward";
import { refusal, type Refusal } from "./mqtt5-reasons";
import { openWindow, type Outgoing } from "./mqtt5-window";
import { keepAliveSeconds } from "./rules/limits";

/** What the broker's side can do with a connection beside writing to it. */
export interface Mqtt5Connection {
  readonly terms: Readonly<Mqtt5Terms>;
  /** Gives back to a packet, as the broker reads it, what 3.1.1 has no room for. */
  restore(packet: Packet): void;
  /** Its PUBACK will say so. */
  refusePublish(messageId: number, refusal: Refusal): void;
  /** The SUBACK will say so, once the broker refuses too. */
  refuseSubscription(subscription: object, refusal: Refusal): void;
  /** Tells the client why its connection ends, and ends it. */
  end(refusal: Refusal): void;
}

/** "Maximum Packet Size ... Cannot exceed 128 KB" (developer guide, "MQTT 5 properties"). */
export const maximumPacketBytes = 128 * 1024;
/** For a peer that does not read what is left for it. */
const farewellMs = 5000;

const connections = new WeakMap<Duplex, Mqtt5Connection>();

/** What speaks MQTT 5 behind a broker's stream, or undefined when the stream is the client's own. */
export function mqtt5On(stream: Duplex): Mqtt5Connection | undefined {
  return connections.get(stream);
}

/** The stream for the broker. */
export function translateMqtt5(raw: Duplex, nowMs: () => number): Duplex {
  const terms = noTerms();
  const acks = openAcks(() => terms.wantsReasons);
  const expected: Packet[] = [];
  let isAdmitted = false;
  let isOver = false;

  const stream = new Duplex({
    read: () => void raw.resume(),
    write(chunk: Buffer, _encoding, done) {
      hear(chunk);
      if (raw.writableNeedDrain) raw.once("drain", done);
      else done();
    },
    final(done) {
      hangUp();
      done();
    },
    destroy(error, done) {
      isOver = true;
      hangUp();
      done(error);
    },
  });

  function hangUp(): void {
    if (raw.writableEnded || raw.destroyed) return;
    const timer = setTimeout(() => raw.destroy(), farewellMs);
    raw.once("close", () => clearTimeout(timer));
    raw.end(() => raw.destroy());
  }

  function answer(packet: Packet): void {
    if (raw.writable) raw.write(generate(packet, { protocolVersion: 5 }));
  }

  function give(packet: Packet): void {
    if (!isOver && !stream.push(generate(packet))) raw.pause();
  }

  function end({ code, reason }: Refusal): void {
    if (isOver) return;
    isOver = true;
    const told = { reasonCode: code, properties: { reasonString: reason } };
    answer(isAdmitted ? { cmd: "disconnect", ...told } : { cmd: "connack", sessionPresent: false, ...told });
    hangUp();
  }

  function fail(refused: Refusal): void {
    end(refused);
    stream.destroy(new Error(refused.reason));
  }

  function leave(): void {
    if (!isOver) stream.push(null);
    isOver = true;
  }

  const window = openWindow(() => terms.receiveMaximum, send);
  const take = translateInward(terms, acks, {
    ...{ give, answer, fail, leave },
    expect: (packet) => void expected.push(packet),
    acknowledged: (messageId) => window.acknowledged(messageId),
  });

  const reader = makeParser({ protocolVersion: 5 });
  const reading = reader as unknown as { readonly _pos: number; readonly packet: { readonly length: number } };
  reader.on("error", (error: Error) => fail(refusal("malformedPacket", error.message)));
  reader.on("packet", (packet) => {
    if (isOver) return;
    // The parser reads on into the next packet where this one ends too soon.
    if (reading._pos > (packet.length ?? 0)) fail(refusal("malformedPacket", `a ${packet.cmd.toUpperCase()} that is cut off`));
    else take(packet);
  });
  raw.on("data", (chunk: Buffer) => {
    if (isOver) return;
    try {
      reader.parse(chunk);
    } catch (error) {
      fail(refusal("malformedPacket", String(error)));
    }
    const bytes = reading.packet.length;
    if (bytes > maximumPacketBytes) fail(refusal("packetTooLarge", `a packet of ${bytes} bytes`));
  });
  raw.on("end", leave);
  raw.on("error", (error) => stream.destroy(error));
  raw.on("close", () => stream.destroy());

  function send({ packet, carrier }: Outgoing): boolean {
    const properties = carriedWith(carrier, nowMs());
    const bytes = generate({ ...packet, ...(properties === undefined ? {} : { properties }) }, { protocolVersion: 5 });
    const isSent = bytes.length <= terms.maximumPacketBytes && !hasExpired(carrier, nowMs());
    if (isSent && raw.writable) raw.write(bytes);
    if (!isSent && packet.qos > 0) give({ cmd: "puback", messageId: packet.messageId ?? 0 });
    return isSent;
  }

  function admit(sessionPresent: boolean): void {
    isAdmitted = true;
    const keepalive = keepAliveSeconds(terms.keepaliveSeconds);
    const properties = {
      ...terms.answers,
      ...(keepalive === terms.keepaliveSeconds ? {} : { serverKeepAlive: keepalive }),
      ...{ receiveMaximum, maximumQoS: 1, retainAvailable: true, maximumPacketSize: maximumPacketBytes, topicAliasMaximum },
      ...{ wildcardSubscriptionAvailable: true, subscriptionIdentifiersAvailable: false, sharedSubscriptionAvailable: false },
    };
    answer({ cmd: "connack", sessionPresent, reasonCode: 0, properties });
  }

  const listener = makeParser({ protocolVersion: 4 });
  /** A message whose payload, the last that the broker writes of it, has not been seen: it is empty. */
  let held: IPublishPacket | undefined;
  let carrier: Buffer = Buffer.alloc(0);
  listener.on("error", (error: Error) => fail(refusal("unspecified", error.message)));
  listener.on("packet", (packet) => {
    if (packet.cmd === "connack") admit(packet.sessionPresent);
    else if (packet.cmd !== "publish") answer(acks.withCodes(packet));
    else if (packet.payload.length === 0) held = packet;
    else window.offer({ packet, carrier });
  });

  function hear(chunk: Buffer): void {
    carrier = chunk;
    if (chunk.length > 0) listener.parse(chunk);
    else if (held !== undefined) window.offer({ packet: held, carrier });
    if (chunk.length === 0) held = undefined;
  }

  connections.set(stream, {
    terms,
    end,
    restore(packet) {
      if (packet.cmd !== "publish" && packet.cmd !== "subscribe") return;
      const original = expected.shift();
      if (packet.cmd === "publish" && original?.cmd === "publish") {
        if (original.properties !== undefined) carry(packet.payload as Buffer, original.properties, nowMs());
      } else if (packet.cmd === "subscribe" && original?.cmd === "subscribe") {
        acks.subscribes.set(packet.messageId ?? 0, packet.subscriptions);
        for (const [index, { nl, rap }] of original.subscriptions.entries()) Object.assign(packet.subscriptions[index] ?? {}, { nl, rap });
      }
    },
    refusePublish: (messageId, refused) => void acks.publishes.set(messageId, refused),
    refuseSubscription: (subscription, refused) => void acks.refusedSubscriptions.set(subscription, refused),
  });
  return stream;
}
