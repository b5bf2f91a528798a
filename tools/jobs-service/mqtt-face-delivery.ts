/** The one place where replies and notifications leave for a connection. */
import type { Aedes, Client, PublishPacket } from "aedes";
import { queueForAbsent } from "./broker-inside";
import { granted, type Subscribers } from "./mqtt-face-subscribers";
import type { Message, Reply } from "./rules";

/** A message that is about to leave. Faults may send it late, twice or never, or end the connections it is for. */
export interface Departure {
  readonly kind: "reply" | "notification";
  readonly thingName: string;
  readonly topic: string;
  send(): void;
  hangUp(): void;
}

/** Decides what becomes of a message: `(departure) => departure.send()` is a healthy service. */
export type Passage = (departure: Departure) => void;

export interface Delivery {
  /** For one connection, whether or not it subscribed. */
  reply(client: Client, thingName: string, reply: Reply, requestQos: number): void;
  /** For all who subscribed. */
  announce(messages: readonly Message[]): void;
}

export function openDelivery(
  broker: () => Aedes,
  subscribers: Subscribers,
  passage: Passage,
  hangUp: (client: Client, reason: string) => void,
): Delivery {
  const sent = { 0: 0, 1: 0, events: 0 };

  /**
   * aedes drops a message whose number is not above the last one this client got from the same broker id. QoS 0 and 1 travel on
   * paths of different length, so ours are numbered apart from each other and from all others.
   */
  function numbered({ topic, payload }: Reply, qos: 0 | 1, series: keyof typeof sent = qos): PublishPacket {
    const numbers = { brokerId: `jobs-${series}`, brokerCounter: ++sent[series] };
    const packet: PublishPacket = { cmd: "publish", topic, payload: Buffer.from(payload), qos, retain: false, dup: false };
    return Object.assign(packet, numbers);
  }

  function send(client: Client, message: Reply, qos: number): void {
    if (client.closed) return;
    // Nothing may come before the CONNACK.
    if (!client.connected) return void client.once("connected", () => send(client, message, qos));
    client.publish(numbered(message, qos > 0 ? 1 : 0), () => {
      // A connection that is gone is seen by the broker itself.
    });
  }

  function notify(thingName: string, message: Message): void {
    const { topic } = message;
    passage({
      kind: "notification",
      thingName,
      topic,
      send() {
        for (const [client, qos] of subscribers.of(thingName, topic)) send(client, message, qos);
        // For a persistent session that subscribed at QoS 1.
        queueForAbsent(broker(), topic, () => numbered(message, 1));
      },
      hangUp() {
        for (const [client] of subscribers.of(thingName, topic)) hangUp(client, `a fault on ${topic}`);
      },
    });
  }

  return {
    reply(client, thingName, reply, requestQos) {
      passage({
        kind: "reply",
        thingName,
        topic: reply.topic,
        send: () => send(client, reply, Math.min(requestQos, granted(client, reply.topic) ?? 0)),
        hangUp: () => hangUp(client, `a fault on ${reply.topic}`),
      });
    },
    announce(messages) {
      for (const message of messages) {
        if (message.thingName !== undefined) notify(message.thingName, message);
        else broker().publish(numbered(message, 1, "events"), () => {});
      }
    },
  };
}
