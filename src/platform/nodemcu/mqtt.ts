/** One MQTT connection by module mqtt: connected again whenever it breaks, one request in flight at a time. */
import { backoffMs } from "../../portable/backoff";
import { quotient } from "../../portable/integers";
import type { Cancel, Clock, Mqtt, MqttEvents } from "../../ports";
import type { Settings } from "../../settings";
import { createJoiner } from "./fragments";
import type { Abilities } from "./abilities";
import type { Network } from "./wifi";

/** Certificates and key as PEM, with their trailing NUL. */
export interface Identity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const keepaliveSeconds = 60;
const connectWithinMs = 60000;
const answerWithinMs = 15000;
const longestQueue = 16;
/** A connection that lasted this long was a good one: the next pause is short again. */
const goodSeconds = 60;

/** `identity` is undefined for plain MQTT. */
export function nodemcuMqtt(
  clock: Clock,
  network: Network,
  settings: Settings,
  identity: Identity | undefined,
  { hasDropped, random }: Pick<Abilities, "hasDropped" | "random">,
): Mqtt {
  // The only one, ever: each client object that is given up leaks 3.7 KB. mqtt.c holds it weakly, this closure holds it for good.
  const client = mqtt.Client(settings.thingName, keepaliveSeconds);
  const tls: FirmwareTls | 0 = identity === undefined ? 0 : { ca_cert: identity.ca, client_cert: identity.cert, client_key: identity.key };

  let sendNext = (): void => undefined;
  let queue: { readonly topic: string; readonly payload: string }[] = [];
  let isLive = false;
  let isOnline = false;
  let isSending = false;
  let onlineSeconds = 0;
  let tries = 0;
  let cancelTimer: Cancel = () => undefined;

  function close(): void {
    pcall(() => client.close());
  }

  function start(filters: readonly string[], events: MqttEvents): void {
    const joiner = createJoiner(clock, (topic, payload) => {
      if (isLive) events.message(topic, payload);
    });

    // An answer is due: without it the connection is given up. It replaces the one before.
    function within(ms: number, reason: string): void {
      cancelTimer();
      cancelTimer = clock.after(ms, () => {
        close();
        lost(reason);
      });
    }

    // "offline" follows a failed connect as well (mqtt.c, event_disconnected), and an event of a closed connection may still be
    // on its way: only the first one counts.
    function lost(reason: string): void {
      if (!isLive) return;
      if (isOnline && clock.seconds() - onlineSeconds >= goodSeconds) tries = 0;
      isOnline = isSending = false;
      queue = [];
      isLive = false;
      // Tells nobody: whoever needs it asks again over the next connection, and must not take it for a message too large to hold.
      joiner.cut();
      cancelTimer();
      const pauseMs = quotient(backoffMs(tries++, 1000, 60000), 2);
      // Never from here: when the failure callback returns, mqtt.c forgets the callbacks that a new connect had given.
      cancelTimer = clock.after(pauseMs + random(pauseMs), connect);
      events.offline(reason);
    }

    function connect(): void {
      if (!network.isUp) {
        network.waiting = connect;
        return;
      }
      isLive = true;
      within(connectWithinMs, "the connection did not come about in time");
      // The arguments are told apart by their types, so each must be there: without a port it is 1883, TLS or not, and anything but
      // a number for autoreconnect drops both callbacks (mqtt.c, mqtt_connect).
      const [ok, error] = pcall(() => {
        client.connect(
          settings.endpoint,
          settings.port,
          tls,
          0,
          () => subscribe(0),
          () => lost("no connection, or the broker refused it"),
        );
      });
      if (!ok) lost(tostring(error));
    }

    function subscribe(index: number): void {
      const filter = filters[index];
      if (filter !== undefined) {
        within(answerWithinMs, "the broker did not answer a subscription");
        // Its result is always false (mqtt.c compares a message id with ESP_OK).
        client.subscribe(filter, 1, () => subscribe(index + 1));
        return;
      }
      cancelTimer();
      isOnline = true;
      onlineSeconds = clock.seconds();
      events.online();
    }

    sendNext = () => {
      const message = isSending ? undefined : queue.shift();
      if (message === undefined) return;
      isSending = true;
      within(answerWithinMs, "the broker did not acknowledge a message");
      client.publish(message.topic, message.payload, 1, 0, () => {
        if (!isSending) return;
        isSending = false;
        cancelTimer();
        sendNext();
      });
    };

    client.on("offline", () => lost("the connection broke"));
    client.on("message", (_client, topic, payload) => {
      if (!isOnline) return;
      // An empty payload is nil, and so is that of a message which the firmware had to drop.
      if (payload === undefined && hasDropped()) events.message(topic, undefined);
      else joiner.piece(topic, payload ?? "");
    });
    cancelTimer = clock.after(10, connect);
  }

  return {
    start,
    publish(topic, payload) {
      if (!isOnline || queue.length >= longestQueue) return false;
      queue.push({ topic, payload });
      sendNext();
      return true;
    },
    stop() {
      isLive = isOnline = false;
      network.waiting = undefined;
      cancelTimer();
      close();
    },
  };
}
