/**
 * The MQTT face: a broker whose Jobs topics are answered by the rules. A request never reaches a subscriber; its reply goes to the
 * requesting connection alone, whether or not that subscribed to anything.
 */
import type { Duplex } from "node:stream";
import { Aedes, type AedesOptions, type Client, type PublishPacket } from "aedes";
import { disconnect, limitPacket, onPacket, subscriptionsOf } from "./broker-inside";
import { memoryOutbox, type Outbox } from "./group-commit";
import type { Message, Rules } from "./rules";
import { covers, excess, maySubscribe } from "./topic-filters";

/** One MQTT message as a device sees it: it published it, or received it. `sizeBytes` is that of the payload. */
export interface Traffic {
  readonly thingName: string;
  readonly direction: "published" | "received";
  readonly topic: string;
  readonly sizeBytes: number;
  readonly payload: Buffer;
}

export interface MqttFace {
  /** Serves a connection. `certified` is the thing that its certificate names; without it the client id alone counts. */
  accept(stream: Duplex, certified?: string): void;
  deliver(messages: readonly Message[]): void;
  stop(): Promise<void>;
}

const maxPayloadBytes = 128 * 1024;
const maxClientIdBytes = 128;
const maxFilters = 8;
const maxSubscriptions = 50;
/** Where requests go inside the broker once they are answered. Nobody can subscribe to it. */
const sink = "$jobs-service/answered";

export async function openMqttFace(
  rules: Rules,
  traffic: (message: Traffic) => void,
  log: (line: string) => void,
  outbox: Outbox = memoryOutbox,
): Promise<MqttFace> {
  const certifiedNames = new WeakMap<object, string>();
  const clients = new Map<string, Client>();
  const sent = { 0: 0, 1: 0, events: 0 };

  /**
   * aedes drops a message whose number is not above the last one this client got from the same broker id. QoS 0 and 1 travel on
   * paths of different length, so ours are numbered apart from each other and from all others.
   */
  function numbered(topic: string, payload: string, qos: 0 | 1, series: keyof typeof sent = qos): PublishPacket {
    const numbers = { brokerId: `jobs-${series}`, brokerCounter: ++sent[series] };
    const packet: PublishPacket = { cmd: "publish", topic, payload: Buffer.from(payload), qos, retain: false, dup: false };
    return Object.assign(packet, numbers);
  }

  /** The best QoS at which a connection has subscribed to a topic, undefined when it has not. */
  function granted(client: Client, topic: string): number | undefined {
    let best: number | undefined;
    for (const [filter, { qos }] of Object.entries(subscriptionsOf(client))) {
      if ((best === undefined || qos > best) && covers(filter, topic)) best = qos;
    }
    return best;
  }

  function send(client: Client, { topic, payload }: { topic: string; payload: string }, qos: number): void {
    client.publish(numbered(topic, payload, qos > 0 ? 1 : 0), () => {
      // A connection that is gone is seen by the broker itself.
    });
  }

  /** Only the thing itself may subscribe to its notifications, so there is at most one connection to look at. Events are for all. */
  function deliver(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.thingName === undefined) {
        broker.publish(numbered(message.topic, message.payload, 1, "events"), () => {});
        continue;
      }
      const client = clients.get(message.thingName);
      if (client === undefined || client.closed) {
        // The broker keeps it for a persistent session that subscribed at QoS 1.
        broker.publish(numbered(message.topic, message.payload, 1), () => {});
        continue;
      }
      const qos = granted(client, message.topic);
      if (qos !== undefined) send(client, message, qos);
    }
  }

  /** Acknowledges only what is safe, after its reply. */
  function answer(client: Client, suffix: string, { payload, qos }: PublishPacket, acknowledge: () => void): void {
    function reply(message: { topic: string; payload: string }): void {
      send(client, message, Math.min(qos, granted(client, message.topic) ?? 0));
    }
    function refuse(): void {
      reply(rules.unavailable(client.id, suffix, bytesOf(payload)));
      acknowledge();
    }
    if (outbox.isClosed()) return refuse();
    const outcome = rules.request(client.id, suffix, bytesOf(payload));
    outbox.after(() => {
      reply(outcome.reply);
      deliver(outcome.notifications);
      acknowledge();
    }, refuse);
  }

  function report({ id }: Client, direction: Traffic["direction"], { topic, payload }: { topic: string; payload: string | Buffer }): void {
    traffic({ thingName: id, direction, topic, sizeBytes: payload.length, payload: bytesOf(payload) });
  }

  /** Why a PUBLISH ends the connection, or undefined. */
  function offence(client: Client, { topic, payload, qos, retain }: PublishPacket): string | undefined {
    if (payload.length > maxPayloadBytes) return `a payload of ${payload.length} bytes`;
    if (qos === 2) return "a PUBLISH at QoS 2";
    const long = excess(topic);
    if (long !== undefined || !topic.startsWith("$")) return long;
    if (retain) return `a retained PUBLISH on reserved topic ${topic}`;
    const request = rules.readTopic(topic);
    if (request === undefined) return `a PUBLISH on reserved topic ${topic}`;
    return request.thingName === client.id ? undefined : `a PUBLISH on a topic of thing ${request.thingName}`;
  }

  const options: AedesOptions = {
    preConnect(client, packet, done) {
      const idBytes = Buffer.byteLength(packet.clientId);
      const reserved = packet.will?.topic.startsWith("$") === true;
      if (reserved) log(`refused ${packet.clientId}: its will has a reserved topic`);
      if (idBytes === 0 || idBytes > maxClientIdBytes) log(`refused a client id of ${idBytes} bytes`);
      done(null, !reserved && idBytes > 0 && idBytes <= maxClientIdBytes);
      if (reserved || idBytes === 0 || idBytes > maxClientIdBytes) client.conn.destroy();
    },
    authenticate(client, _user, _password, done) {
      const certified = certifiedNames.get(client.conn);
      const isOwn = certified === undefined || certified === client.id;
      if (!isOwn) log(`refused client id ${client.id}: the certificate is of thing ${certified}`);
      done(null, isOwn);
    },
    authorizePublish(client, packet, done) {
      if (client === null) return done(null);
      const reason = offence(client, packet);
      if (reason !== undefined) return done(new Error(reason));
      const request = rules.readTopic(packet.topic);
      if (request !== undefined) {
        return answer(client, request.suffix, packet, () => {
          // The broker still has to acknowledge it, and then finds no subscriber.
          packet.topic = sink;
          packet.payload = Buffer.alloc(0);
          done(null);
        });
      }
      done(null);
    },
    authorizeSubscribe(client, subscription, done) {
      const { topic } = subscription;
      const reason = excess(topic) ?? (maySubscribe(client.id, topic) ? undefined : `a subscription to ${topic}`);
      if (reason !== undefined) return done(new Error(reason), null);
      const known = subscriptionsOf(client);
      done(null, topic in known || Object.keys(known).length < maxSubscriptions ? subscription : null);
    },
    authorizeForward(client, packet) {
      const isReply = packet.brokerId.startsWith("jobs-");
      if (!isReply && granted(client, packet.topic) === undefined) return null;
      report(client, "received", packet);
      return packet;
    },
  };
  const broker = await Aedes.createBroker(options);

  broker.on("clientReady", (client) => clients.set(client.id, client));
  broker.on("clientDisconnect", (client) => {
    if (clients.get(client.id) === client) clients.delete(client.id);
  });
  broker.on("clientError", (client, error) => log(`disconnected ${client.id}: ${error.message}`));
  broker.on("connectionError", (_client, error) => log(`refused a connection: ${error.message}`));

  const streams = new Set<Duplex>();
  return {
    accept(stream, certified) {
      streams.add(stream);
      stream.once("close", () => streams.delete(stream));
      if (certified !== undefined) certifiedNames.set(stream, certified);
      const client = broker.handle(stream);
      limitPacket(client, maxPayloadBytes + 1024);
      onPacket(client, (packet) => {
        if (packet.cmd === "publish") report(client, "published", packet);
        if (packet.cmd !== "subscribe") return;
        if (packet.subscriptions.length > maxFilters) disconnect(client, `a SUBSCRIBE with ${packet.subscriptions.length} filters`);
        for (const subscription of packet.subscriptions) if (subscription.qos === 2) subscription.qos = 1;
      });
    },
    deliver: (messages) => outbox.after(() => deliver(messages)),
    async stop() {
      await new Promise<void>((resolve) => broker.close(resolve));
      for (const stream of streams) stream.destroy();
    },
  };
}

/** What comes over a wire is bytes already; only the broker's own messages may be text. */
function bytesOf(payload: string | Buffer): Buffer {
  return typeof payload === "string" ? Buffer.from(payload) : payload;
}
