/** esp-mqtt (mqtt_client.c) as one connection: packets, outbox, keep-alive. It runs in a task of its own, beside Lua. */
import type { Duplex } from "node:stream";
import type { IPublishPacket, Packet } from "mqtt-packet";
import { generate, parser as createParser } from "mqtt-packet";
import { bufferIncoming } from "./mqtt-incoming";

export type MqttEvent =
  | { readonly kind: "connected" | "unsubscribed" }
  /** `connack` is the code with which the broker refused the connection, 0 when it did not. */
  | { readonly kind: "disconnected"; readonly connack: number }
  | { readonly kind: "subscribed"; readonly isRefused: boolean }
  | { readonly kind: "published"; readonly messageId: number }
  /** A message, or a piece of one; only the first piece has the topic. */
  | { readonly kind: "data"; readonly topic: Buffer; readonly data: Buffer; readonly offset: number; readonly totalBytes: number };

export interface MqttConfig {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly clean: boolean;
  /** Seconds; 0 becomes 120. */
  readonly keepalive: number;
  readonly will: { readonly topic: string; readonly payload: Buffer; readonly qos: number; readonly retain: boolean } | undefined;
  readonly bufferBytes: number;
  /** Opens the connection; `connect` or `secureConnect` tells that it is up. */
  readonly open: () => { readonly stream: Duplex; readonly upEvent: "connect" | "secureConnect" };
  readonly after: (delayMs: number, fire: () => void) => () => void;
  readonly tell: (event: MqttEvent) => void;
  readonly random: () => number;
}

export interface MqttClient {
  readonly state: "connecting" | "connected" | "ended";
  /** The message id, 0 for QoS 0; -1 when it cannot be sent. */
  publish(topic: string, payload: Buffer, qos: number, retain: boolean): number;
  subscribe(topic: string, qos: number): number;
  unsubscribe(topic: string): number;
  /** Says goodbye if connected, and ends. No event follows. */
  destroy(): void;
}

const networkTimeoutMs = 10_000;
const resendMs = 1000;
const outboxExpiresMs = 30_000;
const defaultKeepalive = 120;

interface Pending {
  readonly packet: IPublishPacket;
  isSent: boolean;
  ageMs: number;
}

export function createMqttClient(config: MqttConfig): MqttClient {
  let state: MqttClient["state"] = "connecting";
  let stream: Duplex | undefined;
  let lastId = 0;
  const outbox = new Map<number, Pending>();
  const timers = new Set<() => void>();
  let isPingOpen = false;
  const keepaliveMs = (config.keepalive === 0 ? defaultKeepalive : config.keepalive) * 1000;

  function after(delayMs: number, fire: () => void): () => void {
    const cancel = config.after(delayMs, () => {
      timers.delete(cancel);
      fire();
    });
    timers.add(cancel);
    return cancel;
  }

  function end(): void {
    state = "ended";
    for (const cancel of timers) cancel();
    timers.clear();
    outbox.clear();
  }

  /** The connection is lost or was never made; why is known to the log of the chip only. */
  function lost(connack = 0): void {
    if (state === "ended") return;
    end();
    stream?.destroy();
    config.tell({ kind: "disconnected", connack });
  }

  function send(packet: Packet): boolean {
    if (state === "ended" || stream === undefined || stream.destroyed) return false;
    stream.write(generate(packet));
    return true;
  }

  function nextId(): number {
    lastId = (lastId % 0xffff) + 1;
    return lastId;
  }

  function resend(pending: Pending): void {
    after(resendMs, () => {
      const id = pending.packet.messageId!;
      if (outbox.get(id) !== pending) return;
      pending.ageMs += resendMs;
      if (pending.ageMs >= outboxExpiresMs) {
        outbox.delete(id); // gone without a word
        return;
      }
      if (state === "connected") send({ ...pending.packet, dup: pending.isSent });
      pending.isSent ||= state === "connected";
      resend(pending);
    });
  }

  function keepAlive(): void {
    after(keepaliveMs / 2, () => {
      if (isPingOpen) return lost();
      isPingOpen = true;
      send({ cmd: "pingreq" });
      keepAlive();
    });
  }

  function received(packet: Packet): void {
    if (packet.cmd === "connack") {
      if (packet.returnCode !== 0) return lost(packet.returnCode);
      state = "connected";
      keepAlive();
      config.tell({ kind: "connected" });
    } else if (packet.cmd === "pingresp") isPingOpen = false;
    else if (packet.cmd === "suback") config.tell({ kind: "subscribed", isRefused: packet.granted.includes(0x80) });
    else if (packet.cmd === "unsuback") config.tell({ kind: "unsubscribed" });
    else if (packet.cmd === "puback" || packet.cmd === "pubcomp") {
      if (outbox.delete(packet.messageId!)) config.tell({ kind: "published", messageId: packet.messageId! });
    } else if (packet.cmd === "pubrec") send({ cmd: "pubrel", messageId: packet.messageId! });
    else if (packet.cmd === "pubrel") send({ cmd: "pubcomp", messageId: packet.messageId! });
  }

  function openConnection(): void {
    let upEvent: "connect" | "secureConnect";
    try {
      ({ stream, upEvent } = config.open());
    } catch {
      // Certificates that cannot be read: known once the TCP connection is up, so a moment later.
      after(1, () => lost());
      return;
    }
    const connection = stream;
    const parser = createParser();
    parser.on("packet", received);
    parser.on("error", () => lost());
    const incoming = bufferIncoming(config.bufferBytes, config.random, {
      packet: (bytes) => void parser.parse(bytes),
      data: (topic, data, offset, totalBytes) => config.tell({ kind: "data", topic, data, offset, totalBytes }),
      // The acknowledgement goes out before Lua has seen the message.
      acknowledge: (qos, messageId) => void send(qos === 1 ? { cmd: "puback", messageId } : { cmd: "pubrec", messageId }),
    });
    connection.on("error", () => lost());
    // After a FIN, too: esp-mqtt takes recv's first 0 for nothing to read, but lwIP answers the next recv, at once, with ENOTCONN (api_lib.c, netconn_recv_data_tcp).
    connection.on("close", () => lost());
    connection.on("data", (chunk: Buffer) => {
      if (state !== "ended") incoming(chunk);
    });
    const { will, username, password } = config;
    connection.once(upEvent, () => {
      send({
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clientId: config.clientId,
        clean: config.clean,
        keepalive: keepaliveMs / 1000,
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password: Buffer.from(password, "latin1") }),
        ...(will === undefined ? {} : { will: { ...will, qos: will.qos === 0 ? 0 : will.qos === 1 ? 1 : 2 } }),
      });
    });
    const giveUp = after(networkTimeoutMs, () => {
      if (state === "connecting") lost();
    });
    void giveUp;
  }

  after(0, openConnection);
  return {
    get state() {
      return state;
    },
    publish(topic, payload, qos, retain) {
      if (state === "ended") return -1;
      if (qos === 0) return state === "connected" && send({ cmd: "publish", topic, payload, qos: 0, retain, dup: false }) ? 0 : -1;
      const messageId = nextId();
      const packet: IPublishPacket = { cmd: "publish", topic, payload, qos: qos === 1 ? 1 : 2, retain, dup: false, messageId };
      const pending: Pending = { packet, isSent: state === "connected", ageMs: 0 };
      outbox.set(messageId, pending);
      if (state === "connected") send(packet);
      resend(pending);
      return messageId;
    },
    subscribe(topic, qos) {
      if (state !== "connected") return -1;
      const messageId = nextId();
      send({ cmd: "subscribe", messageId, subscriptions: [{ topic, qos: qos === 0 ? 0 : qos === 1 ? 1 : 2 }] });
      return messageId;
    },
    unsubscribe(topic) {
      if (state !== "connected") return -1;
      const messageId = nextId();
      send({ cmd: "unsubscribe", messageId, unsubscriptions: [topic] });
      return messageId;
    },
    destroy() {
      if (state === "ended") return;
      if (state === "connected") send({ cmd: "disconnect" });
      end();
      stream?.end();
    },
  };
}
