/**
 * Puts MQTT messages together again. A message larger than the firmware's buffer comes in pieces: the first with its topic, the
 * others with an empty one, and nothing tells how many there are (mqtt.c, event_data_received). So the JSON in it must tell: a
 * message is whole when its outermost object is closed.
 */
import type { Cancel, Clock } from "../../ports";
import { closing, newBraces } from "./braces";

/** AWS allows 32 KB for a job document; signed URLs come on top. */
const longestBytes = 49152;
/** Smaller than any buffer a build would have, so it is whole, whatever is in it. */
const surelyWholeBytes = 500;
/** Pieces of one message follow each other at once. */
const patienceMs = 10000;

/** @noSelf */
export interface Joiner {
  /** One call of the firmware's "message". */
  piece(topic: string, payload: string): void;
  /** Nothing more of the current message will come. */
  cut(): void;
}

/** `deliver` gets each message once: whole, or undefined when it was too large or a piece of it was lost. */
export function createJoiner(clock: Clock, deliver: (topic: string, payload: string | undefined) => void): Joiner {
  let current: string | undefined;
  let pieces: string[] = [];
  let sizeBytes = 0;
  let braces = newBraces();
  let cancelPatience: Cancel | undefined;

  function finish(payload: string | undefined): void {
    const topic = current;
    if (cancelPatience !== undefined) cancelPatience();
    cancelPatience = undefined;
    current = undefined;
    pieces = [];
    if (topic !== undefined) deliver(topic, payload);
  }

  function piece(topic: string, payload: string): void {
    if (topic !== "") {
      finish(undefined);
      const [start] = string.match(payload, "^%s*{");
      if (start === undefined || topic.length + payload.length < surelyWholeBytes) return deliver(topic, payload);
      current = topic;
      sizeBytes = 0;
      braces = newBraces();
    } else if (current === undefined) return;
    sizeBytes += payload.length;
    if (sizeBytes > longestBytes) return finish(undefined);
    pieces.push(payload);
    if (closing(braces, payload) !== undefined) return finish(table.concat(pieces));
    if (cancelPatience === undefined) cancelPatience = clock.after(patienceMs, () => finish(undefined));
  }

  return { piece, cut: () => finish(undefined) };
}
