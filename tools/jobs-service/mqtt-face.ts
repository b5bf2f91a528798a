/**
 * The MQTT face: a broker whose Jobs topics are answered by the rules. A request never reaches a subscriber; its reply goes to the
 * requesting connection alone, whether or not that subscribed to anything.
 */
import type { Duplex } from "node:stream";
import { Aedes, type AedesOptions, type Client, type PublishPacket } from "aedes";
import { connectedAs, disconnect, inOneWrite, isRestoring, limitPacket, onPacket, subscriptionsOf } from "./broker-inside";
import type { TimeSource } from "../time";
import { faultyWays } from "./fault-passage";
import type { Outbox } from "./group-commit";
import { accessOf, type Principal } from "./mqtt-face-access";
import { admission } from "./mqtt-face-admission";
import { openDelivery } from "./mqtt-face-delivery";
import { granted, openSubscribers } from "./mqtt-face-subscribers";
import { mqtt5On, translateMqtt5 } from "./mqtt5";
import { hasExpired } from "./mqtt5-carried";
import { whenVersionIsKnown } from "./mqtt5-first-packet";
import { refusal, type Refusal } from "./mqtt5-reasons";
import { openMqttSessions } from "./mqtt-sessions";
import type { SessionStore } from "./session-store";
import type { Message, Rules } from "./rules";
import { connectionLimits } from "./rules/limits";
import type { ConnectionRates } from "./rules/rates";

/** One MQTT message as a device sees it: it published it, or received it. `sizeBytes` is that of the payload. */
export interface Traffic {
  /** The client id, which is the thing's name unless policies allow another. */
  readonly thingName: string;
  readonly direction: "published" | "received";
  readonly topic: string;
  readonly sizeBytes: number;
  readonly payload: Buffer;
}

export interface MqttFaceOptions {
  readonly rules: Rules;
  /** Holds back what rests on a change until that is safe. */
  readonly outbox: Outbox;
  /** Whether policies are enforced. */
  readonly policies: boolean;
  /** How long to wait for a CONNECT. */
  readonly connectMs: number;
  /** For what faults and quotas delay. */
  readonly time: TimeSource;
  /** Persistent sessions, when they outlive the process. */
  readonly sessionStore: SessionStore | undefined;
  readonly traffic: (message: Traffic) => void;
  /** Hears why connections were refused or ended. */
  readonly log: (line: string) => void;
}

export interface MqttFace {
  /** Serves a connection; over plain MQTT it is `anyone`, unless given. */
  accept(stream: Duplex, principal?: Principal): void;
  deliver(messages: readonly Message[]): void;
  /** Ends the connections of a certificate. */
  hangUp(certificateId: string): void;
  stop(): Promise<void>;
}

const maxPacketBytes = 129 * 1024;
/** Where requests go inside the broker once they are answered. Nobody can subscribe to it. */
const sink = "$jobs-service/answered";
const anyone: Principal = { kind: "anyone" };

export async function openMqttFace(options: MqttFaceOptions): Promise<MqttFace> {
  const { rules, outbox, policies, connectMs, time, sessionStore, traffic, log } = options;
  const { passage, entrance, connect } = faultyWays(rules, time);
  const access = accessOf(rules, policies);
  const principals = new WeakMap<Duplex, Principal>();
  const byCertificate = new Map<string, Set<Client>>();
  const ratesOf = new WeakMap<Client, ConnectionRates>();
  /** Messages above the quota: neither carried out nor acknowledged. */
  const discarded = new WeakSet<object>();
  const subscribers = openSubscribers();
  const delivery = openDelivery(() => broker, subscribers, passage, disconnect);

  const sessions = openMqttSessions(() => broker, time, sessionStore?.restored);

  const principalOf = (client: Client): Principal => principals.get(client.conn) ?? anyone;

  /** Acknowledges only what is safe, after its reply. */
  function answer(
    client: Client,
    { thingName, suffix }: { thingName: string; suffix: string },
    packet: PublishPacket,
    done: () => void,
  ): void {
    const payload = bytesOf(packet.payload);
    function refuse(): void {
      delivery.reply(client, thingName, rules.unavailable(thingName, suffix, payload), packet.qos);
      done();
    }
    if (outbox.isClosed()) return refuse();
    const { reply, notifications } = rules.request(thingName, suffix, payload);
    outbox.after(() => {
      inOneWrite(client, () => {
        delivery.reply(client, thingName, reply, packet.qos);
        delivery.announce(notifications);
        done();
      });
    }, refuse);
  }

  /** A message that has come in. The broker acknowledges it once `done` is called, which may be called once. */
  function publish(client: Client, packet: PublishPacket, done: (error?: Error | null) => void): void {
    const refused = access.publish(principalOf(client), client, packet);
    if (refused !== undefined) return refusePublish(client, packet, refused, done);
    const request = rules.readTopic(packet.topic);
    if (request === undefined) return done(null);
    const asked = { ...packet };
    let isDone = false;
    function acknowledge(): void {
      if (isDone) return;
      isDone = true;
      // The broker still has to acknowledge it.
      bury(packet);
      done(null);
    }
    entrance({
      ...request,
      carryOut: () => answer(client, request, asked, acknowledge),
      acknowledge,
      hangUp: () => done(new Error(`a fault on ${asked.topic}`)),
    });
  }

  /** Only the PUBACK of MQTT 5 can tell; otherwise the connection ends. A testament has no packet id. */
  function refusePublish(client: Client, packet: PublishPacket, refused: Refusal, done: (error?: Error | null) => void): void {
    const modern = mqtt5On(client.conn);
    if (modern === undefined || packet.qos === 0 || packet.messageId === undefined) {
      modern?.end(refused);
      return done(new Error(refused.reason));
    }
    log(`refused ${client.id} ${refused.reason}`);
    modern.refusePublish(packet.messageId, refused);
    bury(packet);
    done(null);
  }

  function end(client: Client, refused: Refusal): void {
    mqtt5On(client.conn)?.end(refused);
    disconnect(client, refused.reason);
  }

  function report({ id }: Client, direction: Traffic["direction"], { topic, payload }: { topic: string; payload: string | Buffer }): void {
    traffic({ thingName: id, direction, topic, sizeBytes: payload.length, payload: bytesOf(payload) });
  }

  const brokerOptions: AedesOptions = {
    connectTimeout: connectMs,
    ...(sessionStore !== undefined && { persistence: sessionStore.persistence }),
    preConnect: admission({ rules, access, connect, sessions, principalOf, connected: (clientId) => connectedAs(broker, clientId), log }),
    authorizePublish(client, packet, done) {
      if (client === null) return done(null);
      if (discarded.has(packet)) {
        bury(packet);
        packet.qos = 0;
        return done(null);
      }
      const delayMs = ratesOf.get(client)?.delayMs(rules.clock.now(), packet.payload.length) ?? 0;
      if (delayMs > 0) time.after(delayMs, () => publish(client, packet, done));
      else publish(client, packet, done);
    },
    authorizeSubscribe(client, subscription, done) {
      const { topic } = subscription;
      const modern = mqtt5On(client.conn);
      const refused = access.subscribe(principalOf(client), client, topic);
      // A session must not lock its device out after its policies have changed.
      if (refused !== undefined && isRestoring(client)) return done(null, null);
      if (refused !== undefined) {
        if (modern === undefined) return done(new Error(refused.reason), null);
        log(`refused ${client.id} ${refused.reason}`);
        modern.refuseSubscription(subscription, refused);
        return done(null, null);
      }
      const known = subscriptionsOf(client);
      if (!(topic in known) && Object.keys(known).length >= connectionLimits.subscriptions) {
        modern?.refuseSubscription(subscription, refusal("quotaExceeded", `more than ${connectionLimits.subscriptions} subscriptions`));
        return done(null, null);
      }
      subscribers.add(client, topic);
      done(null, subscription);
    },
    authorizeForward(client, packet) {
      const { topic } = packet;
      // A retained message comes to a new subscriber from no broker at all: null.
      const isOurs = String(packet.brokerId).startsWith("jobs-");
      // The answer to one's own request needs no permission to be received; see choices.ts.
      const isReply = isOurs && /\/(accepted|rejected)$/.test(topic);
      if (!isOurs && granted(client, topic) === undefined) return null;
      if (!isReply && !access.receive(principalOf(client), client, topic)) return null;
      if (hasExpired(packet.payload, rules.clock.now())) return null;
      if (ratesOf.get(client)?.mayPublish(rules.clock.now()) === false) return null;
      report(client, "received", packet);
      return packet;
    },
  };
  const broker = await Aedes.createBroker(brokerOptions);

  broker.on("unsubscribe", (_filters, client) => subscribers.review(client));
  broker.on("keepaliveTimeout", ({ conn }) => mqtt5On(conn)?.end(refusal("keepAliveTimeout", "keep alive timeout")));
  broker.on("clientError", (client, error) => log(`disconnected ${client.id}: ${error.message}`));
  broker.on("connectionError", (_client, error) => log(`refused a connection: ${error.message}`));

  function remember(client: Client, certificateId: string): void {
    const clients = byCertificate.get(certificateId) ?? new Set();
    byCertificate.set(certificateId, clients.add(client));
    client.conn.once("close", () => {
      clients.delete(client);
      if (clients.size === 0 && byCertificate.get(certificateId) === clients) byCertificate.delete(certificateId);
    });
  }

  /** Gives a connection to the broker. */
  function serve(stream: Duplex, principal: Principal): void {
    principals.set(stream, principal);
    const client = broker.handle(stream);
    stream.once("close", () => subscribers.remove(client));
    if (principal.kind === "certificate") remember(client, principal.certificateId);
    limitPacket(client, maxPacketBytes);
    const rates = rules.rates.connection();
    if (rates !== undefined) ratesOf.set(client, rates);
    const modern = mqtt5On(stream);
    onPacket(client, (packet) => {
      modern?.restore(packet);
      if (packet.cmd === "publish") {
        report(client, "published", packet);
        if (rates?.mayPublish(rules.clock.now()) === false) discarded.add(packet);
      }
      if (packet.cmd !== "subscribe") return;
      const { length } = packet.subscriptions;
      if (length > connectionLimits.filtersInSubscribe) end(client, refusal("quotaExceeded", `a SUBSCRIBE with ${length} filters`));
      for (const subscription of packet.subscriptions) if (subscription.qos === 2) subscription.qos = 1;
    });
  }

  const streams = new Set<Duplex>();
  /** What the broker has of those that speak MQTT 5. */
  const translations = new Set<Duplex>();
  return {
    accept(stream, principal = anyone) {
      streams.add(stream);
      stream.once("close", () => streams.delete(stream));
      whenVersionIsKnown(stream, { patienceMs: connectMs, log }, (isMqtt5) => {
        if (!isMqtt5) return serve(stream, principal);
        const translated = translateMqtt5(stream, () => rules.clock.now());
        translations.add(translated);
        translated.once("close", () => translations.delete(translated));
        serve(translated, principal);
      });
    },
    deliver: (messages) => outbox.after(() => delivery.announce(messages)),
    hangUp(certificateId) {
      for (const client of [...(byCertificate.get(certificateId) ?? [])])
        end(client, refusal("notAuthorized", "its certificate is no longer active"));
    },
    async stop() {
      for (const stream of translations) mqtt5On(stream)?.end(refusal("serverShuttingDown", "the service stops"));
      await new Promise<void>((resolve) => broker.close(resolve));
      for (const stream of streams) stream.destroy();
    },
  };
}

/** Sends a message where it finds no subscriber. */
function bury(packet: PublishPacket): void {
  packet.topic = sink;
  packet.payload = Buffer.alloc(0);
}

/** What comes over a wire is bytes already; only the broker's own messages may be text. */
function bytesOf(payload: string | Buffer): Buffer {
  return typeof payload === "string" ? Buffer.from(payload) : payload;
}
