/** An MQTT broker that does exactly what a test says, in memory: no socket, no clock. */
import { duplexPair, type Duplex } from "node:stream";
import { generate, parser, type IConnectPacket, type IPublishPacket, type Packet } from "mqtt-packet";

/** One connection of the board. */
export interface Caller {
  send(packet: Packet): void;
  /** What came in, in order. */
  readonly received: Packet[];
  /** The connection is gone without a word. */
  drop(): void;
  /** The broker's side of the connection ends in good order, by FIN; what was sent before still arrives. */
  hangUp(): void;
  readonly isOpen: boolean;
}

export interface ScriptedBroker {
  /** The board's way here. */
  connect(): Duplex;
  readonly callers: Caller[];
  /** What the broker does with a packet; by default it accepts and acknowledges everything. */
  answer: (caller: Caller, packet: Packet) => void;
}

/** Accepts, acknowledges, and grants every subscription. */
export function agree(caller: Caller, packet: Packet): void {
  if (packet.cmd === "connect") caller.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
  if (packet.cmd === "subscribe") {
    caller.send({ cmd: "suback", messageId: packet.messageId ?? 0, granted: packet.subscriptions.map(({ qos }) => qos) });
  }
  if (packet.cmd === "publish" && packet.qos === 1) caller.send({ cmd: "puback", messageId: packet.messageId ?? 0 });
  if (packet.cmd === "pingreq") caller.send({ cmd: "pingresp" });
}

export function scriptedBroker(): ScriptedBroker {
  const broker: ScriptedBroker = {
    callers: [],
    answer: agree,
    connect() {
      const [board, here] = duplexPair();
      const received: Packet[] = [];
      let isOpen = true;
      const caller: Caller = {
        // Later: what is sent from inside of an answer would otherwise come back while the reader still reads.
        send: (packet) => process.nextTick(() => isOpen && here.write(generate(packet))),
        received,
        drop() {
          isOpen = false;
          here.destroy();
          board.destroy();
        },
        hangUp: () => process.nextTick(() => here.end()),
        get isOpen() {
          return isOpen;
        },
      };
      const reader = parser();
      reader.on("packet", (packet) => {
        received.push(packet);
        broker.answer(caller, packet);
      });
      here.on("data", (bytes: Buffer) => void reader.parse(bytes));
      here.on("error", () => undefined); // its close tells enough
      here.on("close", () => (isOpen = false));
      broker.callers.push(caller);
      return board;
    },
  };
  return broker;
}

/** A message for the board. */
export function message(topic: string, payload: string | Buffer): IPublishPacket {
  return { cmd: "publish", topic, payload, qos: 0, dup: false, retain: false };
}

export function isConnect(packet: Packet): packet is IConnectPacket {
  return packet.cmd === "connect";
}
