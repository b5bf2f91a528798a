/** A client of MQTT 5 that sends and reads single packets, for what no library would do. */
import { connect, type Socket } from "node:net";
import { generate, parser, type IConnectPacket, type IDisconnectPacket, type Packet } from "mqtt-packet";

export interface Wire {
  readonly socket: Socket;
  /** Packets, or bytes that are none; all of them in one piece. */
  send(...packets: readonly (Packet | Buffer)[]): void;
  /** The next packet that has come, or "closed". */
  next(): Promise<Packet | "closed">;
}

/** The bytes of a packet in MQTT 5. */
export function bytesOf(packet: Packet): Buffer {
  return generate(packet, { protocolVersion: 5 });
}

/** A CONNECT, of a client that wants little. */
export function connectPacket(clientId: string, more: Partial<IConnectPacket> = {}): Packet {
  return { cmd: "connect", protocolId: "MQTT", protocolVersion: 5, clientId, clean: true, keepalive: 60, ...more };
}

/** Opens a socket and sends nothing. */
export function openWire(url: string): Wire {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const reader = parser({ protocolVersion: 5 });
  const come: (Packet | "closed")[] = [];
  const waiting: ((packet: Packet | "closed") => void)[] = [];

  function take(packet: Packet | "closed"): void {
    const wanted = waiting.shift();
    if (wanted === undefined) come.push(packet);
    else wanted(packet);
  }

  reader.on("packet", take);
  reader.on("error", (error: Error) => socket.destroy(error));
  socket.on("data", (chunk: Buffer) => void reader.parse(chunk));
  socket.on("error", () => {}); // What follows is "closed".
  socket.on("close", () => take("closed"));
  return {
    socket,
    send: (...packets) => void socket.write(Buffer.concat(packets.map((one) => (Buffer.isBuffer(one) ? one : bytesOf(one))))),
    next() {
      const first = come.shift();
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
    },
  };
}

/** A client that was let in. */
export async function connectedWire(url: string, clientId: string, more: Partial<IConnectPacket> = {}): Promise<Wire> {
  const wire = openWire(url);
  wire.send(connectPacket(clientId, more));
  const connack = await wire.next();
  if (connack === "closed" || connack.cmd !== "connack" || connack.reasonCode !== 0) throw new Error("it was not let in");
  return wire;
}

/** The DISCONNECT that ends a connection. */
export async function farewell({ next }: Wire): Promise<IDisconnectPacket> {
  const packet = await next();
  if (packet === "closed" || packet.cmd !== "disconnect") throw new Error(`${packet === "closed" ? packet : packet.cmd}, not disconnect`);
  const after = await next();
  if (after !== "closed") throw new Error(`${after.cmd} after a DISCONNECT`);
  return packet;
}
