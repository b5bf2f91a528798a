/** The connection to the broker, made again whenever it breaks. */
import { connect as connectTcp, isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { MqttClient } from "mqtt";
import { backoffMs } from "../../portable/backoff";
import type { Mqtt, MqttEvents } from "../../ports";
import type { Enter, TimeSource } from "./clock";
import type { Identity } from "./identity";
import { reasonOf } from "./reason";

export interface MqttOptions {
  readonly clientId: string;
  /** Opens the way to the broker, TLS included. */
  readonly connect: () => Duplex;
  readonly time: TimeSource;
  readonly enter: Enter;
  /** A random integer below `below`. */
  readonly random: (below: number) => number;
}

const longestMessageBytes = 49_152;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
/** A connection that lasted this long was a good one: the next pause is short again. */
const goodConnectionMs = 60_000;
/** From the first byte to the last SUBACK. */
const connectWithinMs = 30_000;
const goodbyeWithinMs = 2_000;
const keepaliveSeconds = 60;
/** AWS IoT drops the connection of a client with more unanswered publishes. */
const mostUnanswered = 100;

/** Opens TCP, or TLS with the device's certificate where there is one. */
export function brokerConnection(host: string, port: number, identity: Identity | undefined): () => Duplex {
  if (identity === undefined) return () => connectTcp({ host, port, noDelay: true });
  // AWS IoT wants the server's name in the handshake (SNI), which Node leaves out unless told; an address is none (RFC 6066).
  const servername = isIP(host) === 0 ? { servername: host } : {};
  // On port 443 AWS IoT tells MQTT from HTTPS by ALPN.
  const alpn = port === 443 ? { ALPNProtocols: ["x-amzn-mqtt-ca"] } : {};
  return () => connectTls({ host, port, ...identity, ...servername, ...alpn }).setNoDelay();
}

/** `ended` resolves when the last connection is closed after `stop`. */
export function nodeMqtt({ clientId, connect, time, enter, random }: MqttOptions): Mqtt & { ended(): Promise<void> } {
  let client: MqttClient | undefined;
  let isOnline = false;
  let unanswered = 0;
  let stopped = false;
  let tries = 0;
  let cancelTimer = (): void => undefined;
  let goodbye: Promise<void> = Promise.resolve();

  function attempt(filters: readonly string[], events: MqttEvents): void {
    let reason: string | undefined;
    let onlineSinceMs: number | undefined;
    let stream: Duplex | undefined;

    function lost(): void {
      client = undefined;
      isOnline = false;
      cancelTimer();
      if (stopped) return;
      const wasGood = onlineSinceMs !== undefined && time.now() - onlineSinceMs >= goodConnectionMs;
      const pauseMs = backoffMs(wasGood ? 0 : tries, firstPauseMs, longestPauseMs);
      tries = wasGood ? 1 : tries + 1;
      // Half of the pause is chance, so that a fleet does not come back as one after an outage.
      cancelTimer = time.after(pauseMs / 2 + random(pauseMs / 2), () => attempt(filters, events));
      enter(() => events.offline(reason ?? "the broker closed the connection"));
    }
    function giveUp(because: string): void {
      reason ??= because;
      stream?.destroy();
    }

    try {
      stream = connect();
    } catch (error) {
      reason = reasonOf(error);
      cancelTimer = time.after(1, lost);
      return;
    }
    const mine = openClient(clientId, stream, time);
    client = mine;
    unanswered = 0;
    cancelTimer = time.after(connectWithinMs, () => giveUp(`no connection after ${connectWithinMs / 1000} s`));
    mine.on("error", (error) => giveUp(reasonOf(error)));
    stream.on("error", (error) => giveUp(reasonOf(error)));
    mine.once("close", lost);
    mine.on("message", (topic, payload) => {
      if (stopped) return;
      const text = payload.length > longestMessageBytes ? undefined : payload.toString("utf8");
      enter(() => events.message(topic, text));
    });
    mine.once("connect", () => {
      mine.subscribe([...filters], { qos: 1 }, (error) => {
        if (stopped) return;
        if (error) return giveUp(`subscription refused: ${reasonOf(error)}`);
        cancelTimer();
        onlineSinceMs = time.now();
        isOnline = true;
        enter(() => events.online());
      });
    });
  }

  return {
    start: attempt,
    publish(topic, payload) {
      if (client === undefined || !isOnline || unanswered >= mostUnanswered) return false;
      unanswered++;
      const mine = client;
      mine.publish(topic, payload, { qos: 1 }, () => {
        if (mine === client) unanswered--;
      });
      return true;
    },
    stop() {
      if (stopped) return;
      stopped = true;
      isOnline = false;
      cancelTimer();
      if (client !== undefined) goodbye = sayGoodbye(client, time);
    },
    ended: () => goodbye,
  };
}

function openClient(clientId: string, stream: Duplex, time: TimeSource): MqttClient {
  return new MqttClient(() => stream, {
    clientId,
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: true,
    keepalive: keepaliveSeconds,
    connectTimeout: connectWithinMs,
    reconnectPeriod: 0,
    resubscribe: false,
    subscribeBatchSize: 8, // AWS IoT takes no more filters in one SUBSCRIBE
    timerVariant: repeating(time),
  });
}

/** The client library's own timer, for its keep-alive: it repeats until it is cleared. */
function repeating(time: TimeSource): { set: (fire: () => void, everyMs?: number) => number; clear: (timer?: number) => void } {
  const running = new Map<number, () => void>();
  let made = 0;
  return {
    set(fire, everyMs = 0) {
      const timer = ++made;
      const again = (): void => {
        running.set(
          timer,
          time.after(everyMs, () => {
            again();
            fire();
          }),
        );
      };
      again();
      return timer;
    },
    clear(timer = 0) {
      running.get(timer)?.();
      running.delete(timer);
    },
  };
}

/** DISCONNECT once everything on its way is answered, but not for ever. */
function sayGoodbye(client: MqttClient, time: TimeSource): Promise<void> {
  return new Promise((resolve) => {
    const cancel = time.after(goodbyeWithinMs, () => client.stream.destroy());
    client.once("close", () => {
      cancel();
      resolve();
    });
    if (client.connected) client.end(false);
    else client.stream.destroy();
  });
}
