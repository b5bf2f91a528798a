/** What an MQTT 5 client still waits for, and the reason codes of it. The broker inside acknowledges without codes, or with 0x80 alone. */
import type { ISubackPacket, Packet } from "mqtt-packet";
import { reasonCodes, type Refusal } from "./mqtt5-reasons";

/** PUBLISHes at QoS 1 that may wait for their PUBACK ("AWS IoT Core endpoints and quotas", unacknowledged inbound publish requests). */
export const receiveMaximum = 100;

type Filters = readonly { readonly topic: string }[];

export interface Mqtt5Acks {
  /** PUBLISHes that wait, by packet id, with why they are refused. */
  readonly publishes: Map<number, Refusal | undefined>;
  /** What was asked for in SUBSCRIBEs, as the broker knows it. */
  readonly subscribes: Map<number, Filters>;
  /** How many filters were in UNSUBSCRIBEs. */
  readonly unsubscribes: Map<number, number>;
  readonly refusedSubscriptions: WeakMap<object, Refusal>;
  /** Puts the codes into an acknowledgement; other packets stay as they are. */
  withCodes(packet: Packet): Packet;
}

/** `explains` is whether the client wants reason strings. */
export function openAcks(explains: () => boolean): Mqtt5Acks {
  const publishes: Mqtt5Acks["publishes"] = new Map();
  const subscribes: Mqtt5Acks["subscribes"] = new Map();
  const unsubscribes: Mqtt5Acks["unsubscribes"] = new Map();
  const refusedSubscriptions: Mqtt5Acks["refusedSubscriptions"] = new WeakMap();

  function explained(reason: string | undefined): { properties?: { reasonString: string } } {
    return reason === undefined || !explains() ? {} : { properties: { reasonString: reason } };
  }

  function suback(messageId: number, granted: readonly number[]): ISubackPacket {
    const asked = subscribes.get(messageId) ?? [];
    subscribes.delete(messageId);
    // The broker answers once for a filter that is there twice, for the last of them.
    const heard = new Map(asked.map((subscription) => [subscription.topic, subscription]));
    const codes = new Map<string, number>();
    let reason: string | undefined;
    for (const [index, subscription] of [...heard.values()].entries()) {
      const code = granted[index] ?? reasonCodes.unspecified;
      const refused = code === reasonCodes.unspecified ? refusedSubscriptions.get(subscription) : undefined;
      reason ??= refused?.reason;
      codes.set(subscription.topic, refused?.code ?? code);
    }
    const inOrder = asked.map(({ topic }) => codes.get(topic) ?? reasonCodes.unspecified);
    return { cmd: "suback", messageId, granted: inOrder, ...explained(reason) };
  }

  return {
    publishes,
    subscribes,
    unsubscribes,
    refusedSubscriptions,
    withCodes(packet) {
      const { messageId = 0 } = packet;
      if (packet.cmd === "suback") return suback(messageId, packet.granted as number[]);
      if (packet.cmd === "puback") {
        const refused = publishes.get(messageId);
        publishes.delete(messageId);
        return { cmd: "puback", messageId, reasonCode: refused?.code ?? 0, ...explained(refused?.reason) };
      }
      if (packet.cmd !== "unsuback") return packet;
      const count = unsubscribes.get(messageId) ?? 1;
      unsubscribes.delete(messageId);
      // The guide does not list 0x11 (no subscription existed).
      return { cmd: "unsuback", messageId, granted: new Array<number>(count).fill(0) };
    },
  };
}
