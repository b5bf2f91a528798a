/** The few parts of aedes' clients that its types leave out. Seen in aedes 1.2.0, lib/client.js. */
import type { EventEmitter } from "node:events";
import type { Aedes, Client, PublishPacket } from "aedes";
import type { Packet } from "mqtt-packet";

interface Inside {
  readonly subscriptions: Readonly<Record<string, { readonly qos: number }>>;
  readonly _parser: EventEmitter & { parse(chunk: Buffer): number; readonly packet: { readonly length: number } };
}

function inside(client: Client): Inside {
  return client as unknown as Inside;
}

/** The filters of a connection with the QoS granted to each. */
export function subscriptionsOf(client: Client): Inside["subscriptions"] {
  return inside(client).subscriptions;
}

/** The connection that has a client id now. */
export function connectedAs(broker: Aedes, clientId: string): Client | undefined {
  return (broker as unknown as { readonly clients: Readonly<Record<string, Client>> }).clients[clientId];
}

/** Shows each packet that arrives before aedes acts on it. */
export function onPacket(client: Client, listener: (packet: Packet) => void): void {
  const parser = inside(client)._parser;
  const acting = parser.listeners("packet");
  parser.removeAllListeners("packet");
  parser.on("packet", (packet: Packet) => {
    listener(packet);
    // aedes would put a packet into the queue of a client that was hung up on because of it, which is gone, and the process with it.
    if (!client.closed) for (const act of acting) act.call(parser, packet);
  });
}

/** Ends a connection with a reason that the broker's `clientError` event tells. */
export function disconnect(client: Client, reason: string): void {
  client.conn.end(); // Says farewell in TLS, as AWS does; without, some clients report a broken network.
  client.emit("error", new Error(reason));
}

/** Lets what `work` sends to a connection leave together: aedes acknowledges at once, but publishes in an immediate of its own. */
export function inOneWrite({ conn }: Client, work: () => void): void {
  // Writing to the socket is half of what a message costs.
  conn.cork();
  try {
    work();
  } finally {
    setImmediate(() => conn.uncork());
  }
}

/** Ends the connection as soon as a packet announces more bytes, instead of collecting them first: MQTT allows 256 MB. */
export function limitPacket(client: Client, maxBytes: number): void {
  const parser = inside(client)._parser;
  const parse = parser.parse.bind(parser);
  parser.parse = (chunk) => {
    const left = parse(chunk);
    if (parser.packet.length > maxBytes && !client.closed) disconnect(client, `a packet of ${parser.packet.length} bytes`);
    return left;
  };
}

interface Persistence {
  subscriptionsByTopic(topic: string): Promise<readonly { readonly clientId: string }[]>;
  outgoingEnqueueCombi(subscriptions: readonly { readonly clientId: string }[], packet: PublishPacket): Promise<void>;
}

/** Keeps a message for the persistent sessions that wait for it and are not connected. */
export function queueForAbsent(broker: Aedes, topic: string, packet: () => PublishPacket): void {
  const { persistence, clients } = broker as unknown as { persistence: Persistence; clients: Readonly<Record<string, Client>> };
  void persistence.subscriptionsByTopic(topic).then((subscriptions) => {
    const absent = subscriptions.filter(({ clientId }) => clients[clientId]?.closed !== false);
    return absent.length === 0 ? undefined : persistence.outgoingEnqueueCombi(absent, packet());
  });
}

/** Whether a subscription comes from a session of an earlier connection, which aedes takes up before it acknowledges the new one. */
export function isRestoring(client: Client): boolean {
  return !(client as unknown as { connackSent: boolean }).connackSent;
}
