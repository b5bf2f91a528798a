/** From a client's MQTT 5 to the 3.1.1 of the broker inside. */
import { randomUUID } from "node:crypto";
import type { IConnectPacket, IDisconnectPacket, IPublishPacket, Packet } from "mqtt-packet";
import { receiveMaximum, type Mqtt5Acks } from "./mqtt5-acks";
import { fault } from "./mqtt5-checks";
import { reasonCodes, refusal, type Refusal } from "./mqtt5-reasons";
import { maxSessionExpirySeconds } from "./mqtt-sessions";

/** Aliases that one connection may use ("AWS IoT Core endpoints and quotas"; aws-crt-java issue 618 saw 8 in a CONNACK). */
export const topicAliasMaximum = 8;

/** What a client said when it connected. */
export interface Mqtt5Terms {
  connected: boolean;
  cleanStart: boolean;
  expirySeconds: number;
  /** Properties that the CONNACK has because of them. */
  readonly answers: { sessionExpiryInterval?: number; assignedClientIdentifier?: string };
  keepaliveSeconds: number;
  receiveMaximum: number;
  maximumPacketBytes: number;
  wantsReasons: boolean;
}

export const noTerms = (): Mqtt5Terms => ({
  connected: false,
  cleanStart: true,
  expirySeconds: 0,
  answers: {},
  keepaliveSeconds: 0,
  receiveMaximum: 65_535,
  maximumPacketBytes: Infinity,
  wantsReasons: true,
});

/** Where the packets of a client go. */
export interface Mqtt5Ways {
  /** To the broker. */
  give(packet: Packet): void;
  /** Back to the client. */
  answer(packet: Packet): void;
  /** Ends the connection for what the client did. */
  fail(refusal: Refusal): void;
  /** The client has left, and not so that its will is void. */
  leave(): void;
  acknowledged(messageId: number): void;
  /** To be remembered until the broker has read the packet, for 3.1.1 has no room for all of it. */
  expect(packet: Packet): void;
}

/** Gives what is to be called with each packet. */
export function translateInward(terms: Mqtt5Terms, acks: Mqtt5Acks, ways: Mqtt5Ways): (packet: Packet) => void {
  const aliases = new Map<number, string>();

  function connect({ clientId, clean = true, keepalive = 0, will, properties = {} }: IConnectPacket): void {
    if (terms.connected) return ways.fail(refusal("protocolError", "a second CONNECT"));
    const { sessionExpiryInterval = 0 } = properties;
    terms.connected = true;
    terms.cleanStart = clean;
    terms.expirySeconds = Math.min(sessionExpiryInterval, maxSessionExpirySeconds);
    if (sessionExpiryInterval > terms.expirySeconds) terms.answers.sessionExpiryInterval = terms.expirySeconds;
    terms.keepaliveSeconds = keepalive;
    terms.receiveMaximum = properties.receiveMaximum ?? terms.receiveMaximum;
    terms.maximumPacketBytes = properties.maximumPacketSize ?? terms.maximumPacketBytes;
    terms.wantsReasons = properties.requestProblemInformation ?? true;
    const id = clientId === "" ? (terms.answers.assignedClientIdentifier = randomUUID()) : clientId;
    // User name and password count for custom authorizers only. The properties of a will are left out.
    ways.give({
      ...{ cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clientId: id, keepalive },
      clean: clean && terms.expirySeconds === 0,
      ...(will === undefined
        ? {}
        : { will: { topic: will.topic, payload: will.payload, qos: will.qos ?? 0, retain: will.retain ?? false } }),
    });
  }

  /** The topic that a message is for, which it may have named earlier. */
  function topicOf({ topic, properties: { topicAlias: alias } = {} }: IPublishPacket): string | Refusal {
    if (alias === undefined) return topic === "" ? refusal("protocolError", "a PUBLISH without a topic") : topic;
    if (alias === 0 || alias > topicAliasMaximum) return refusal("topicAliasInvalid", `topic alias ${alias}`);
    if (topic !== "") aliases.set(alias, topic);
    return aliases.get(alias) ?? refusal("protocolError", `topic alias ${alias} stands for nothing`);
  }

  function publish(packet: IPublishPacket): void {
    const { qos, dup, retain, payload, messageId = 0 } = packet;
    const topic = topicOf(packet);
    if (typeof topic !== "string") return ways.fail(topic);
    if (qos > 0) {
      if (acks.publishes.has(messageId)) return ways.answer({ cmd: "puback", messageId, reasonCode: reasonCodes.packetIdInUse });
      if (acks.publishes.size >= receiveMaximum) return ways.fail(refusal("receiveMaximumExceeded", `more than ${receiveMaximum} at once`));
      acks.publishes.set(messageId, undefined);
    }
    ways.expect(packet);
    ways.give({ cmd: "publish", topic, qos, dup, retain, payload, ...(qos > 0 ? { messageId } : {}) });
  }

  function disconnect({ reasonCode = 0, properties: { sessionExpiryInterval: expiry } = {} }: IDisconnectPacket): void {
    if (expiry !== undefined) {
      if (terms.expirySeconds === 0 && expiry > 0) return ways.fail(refusal("protocolError", "a session that had ended is to go on"));
      terms.expirySeconds = Math.min(expiry, maxSessionExpirySeconds);
    }
    // Only a plain farewell voids the will (MQTT 5, section 3.14.4), as every farewell of 3.1.1 does.
    if (reasonCode === 0) ways.give({ cmd: "disconnect" });
    else ways.leave();
  }

  return (packet) => {
    const wrong = fault(packet);
    if (wrong !== undefined) return ways.fail(wrong);
    const { messageId = 0 } = packet;
    if (packet.cmd === "connect") return connect(packet);
    if (packet.cmd === "publish") return publish(packet);
    if (packet.cmd === "disconnect") return disconnect(packet);
    if (packet.cmd === "pingreq") return ways.give({ cmd: "pingreq" });
    if (packet.cmd === "subscribe") {
      ways.expect(packet);
      const subscriptions = packet.subscriptions.map(({ topic, qos }) => ({ topic, qos }));
      return ways.give({ cmd: "subscribe", messageId, subscriptions });
    }
    if (packet.cmd === "unsubscribe") {
      acks.unsubscribes.set(messageId, packet.unsubscriptions.length);
      return ways.give({ cmd: "unsubscribe", messageId, unsubscriptions: packet.unsubscriptions });
    }
    ways.acknowledged(messageId);
    ways.give({ cmd: "puback", messageId });
  };
}
