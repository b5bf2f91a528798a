/** An MQTT broker that does what a client asks it for, on topics that begin with `please/`. */
import { createServer, type AddressInfo, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { Aedes, type AedesPublishPacket, type Client } from "aedes";
import { onPacket } from "../../tools/jobs-service/broker-inside";
import type { MovableTime } from "./movable-time";

/** What a broker proves itself with, and the roots that its clients must come from. All PEM. */
export interface BrokerIdentity {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export interface Broker {
  readonly port: number;
  /** Subscriptions to these filters are answered with 0x80. */
  readonly refusedFilters: Set<string>;
  /** The names that clients asked for in their TLS handshakes. */
  readonly serverNames: unknown[];
  /** What clients have subscribed to, in the order they came. */
  readonly subscriptions: { readonly topic: string; readonly qos: number }[];
  /** How the connections of clients ended: with a DISCONNECT, or without. */
  readonly goodbyes: ("polite" | "rude")[];
  stop(): Promise<void>;
}

function packet(topic: string, payload: string | Buffer): AedesPublishPacket {
  return { cmd: "publish", topic, payload, qos: 1, retain: false, dup: false } as unknown as AedesPublishPacket;
}

/** Longer than a client waits before one of its first tries. */
const pauseMs = 10_000;
/** Until a client has seen that its connection is gone. */
const arrivalMs = 100;

/** Moves time on after it has dropped or refused a client, so that nobody waits for the next try. */
export async function startBroker(time: MovableTime, identity?: BrokerIdentity): Promise<Broker> {
  const refusedFilters = new Set<string>();
  const goodbyes: ("polite" | "rude")[] = [];
  const serverNames: unknown[] = [];
  const subscriptions: Broker["subscriptions"] = [];
  const sockets = new Set<Socket>();
  let refuse = 0;
  const later = (): void => void setTimeout(() => time.skip(pauseMs), arrivalMs);
  const broker = await Aedes.createBroker({
    authenticate(_client, _user, _password, done) {
      // 3: server unavailable
      if (refuse-- <= 0) return done(null, true);
      done(Object.assign(new Error("refused"), { returnCode: 3 }), false);
      later();
    },
    // Whoever asks for it gets no PUBACK.
    authorizePublish: (_client, { topic }, done) => (topic === "please/never" ? undefined : done(null)),
    authorizeSubscribe: (_client, subscription, done) => done(null, refusedFilters.has(subscription.topic) ? null : subscription),
  });

  // A client's own publishes only: what the broker sends itself comes here too.
  broker.on("publish", ({ topic, payload }, client) => {
    const [please, wish, ...rest] = topic.split("/");
    if (client === null || please !== "please") return;
    const to = rest.join("/");
    const text = payload.toString();
    if (wish === "echo") send(client, to, text);
    if (wish === "send") send(client, to, `{"a":"${"x".repeat(Number(text) - 8)}"}`);
    if (wish === "announce") broker.publish(packet(to, text), () => undefined);
    if (wish === "drop" || wish === "refuse") {
      refuse = Number(text);
      client.conn.destroy();
      later();
    }
  });
  broker.on("subscribe", (added) => subscriptions.push(...added.map(({ topic, qos }) => ({ topic, qos }))));
  broker.on("client", (client) => {
    let isPolite = false;
    onPacket(client, ({ cmd }) => {
      if (cmd === "disconnect") isPolite = true;
    });
    client.conn.once("close", () => goodbyes.push(isPolite ? "polite" : "rude"));
  });

  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => undefined); // its close tells enough
    broker.handle(socket);
  };
  const server = identity === undefined ? createServer(accept) : createTlsServer({ ...identity, requestCert: true }, accept);
  server.on("secureConnection", ({ servername }: TLSSocket) => serverNames.push(servername));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    refusedFilters,
    goodbyes,
    serverNames,
    subscriptions,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => broker.close(resolve));
    },
  };
}

/** AWS IoT answers a request so: to the one that asked, subscribed or not. */
function send(client: Client, topic: string, payload: string): void {
  client.publish(packet(topic, payload), () => undefined);
}
