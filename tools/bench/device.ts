/** An MQTT client that takes as little as possible, so that who serves it is what is measured. */
import { once } from "node:events";
import { connect } from "node:net";
import { generate, parser, type IPublishPacket, type Packet } from "mqtt-packet";

export interface Device {
  readonly name: string;
  /** Publishes at QoS 1. */
  publish(topic: string, payload: string): void;
  /** Takes what arrives from now on. */
  onMessage: (topic: string, payload: Buffer) => void;
  end(): void;
}

/** Connects and subscribes at QoS 1. */
export async function connectDevice(port: number, name: string, filters: readonly string[]): Promise<Device> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const reader = parser();
  let messageId = 1;
  let awaited: ((packet: Packet) => void) | undefined;
  const device: Device = {
    name,
    publish(topic, payload) {
      messageId = (messageId % 65_535) + 1;
      socket.write(generate({ cmd: "publish", topic, payload, qos: 1, messageId, dup: false, retain: false }));
    },
    onMessage: () => undefined,
    end: () => socket.destroy(),
  };
  reader.on("packet", (packet) => {
    if (packet.cmd === "publish") receive(packet);
    else if (packet.cmd !== "puback") awaited?.(packet);
  });
  function receive({ qos, messageId: number = 0, topic, payload }: IPublishPacket): void {
    // PUBACK is always these four bytes.
    if (qos === 1) socket.write(Buffer.from([0x40, 2, number >> 8, number & 255]));
    device.onMessage(topic, payload as Buffer);
  }
  function answerTo(packet: Packet): Promise<Packet> {
    socket.write(generate(packet));
    return new Promise((resolve, reject) => {
      awaited = resolve;
      socket.once("close", () => reject(new Error(`the broker ended the connection of ${name}`)));
    });
  }
  socket.on("data", (chunk) => {
    // What one arrival leads to leaves in one write.
    socket.cork();
    reader.parse(chunk);
    socket.uncork();
  });
  await once(socket, "connect");
  socket.on("error", () => socket.destroy());
  await answerTo({ cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clientId: name, clean: true, keepalive: 0 });
  const subscriptions = filters.map((topic) => ({ topic, qos: 1 as const }));
  const granted = await answerTo({ cmd: "subscribe", messageId, subscriptions });
  if (granted.cmd !== "suback" || granted.granted.some((qos) => qos !== 1)) throw new Error(`${name} may not subscribe`);
  return device;
}
