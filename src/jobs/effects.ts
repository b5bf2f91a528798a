/** The effects that many events have in common. */
import { backoffMs } from "../portable/backoff";
import type { Effect, Timer } from "./state";

const firstAnswerMs = 10000;
const longestAnswerMs = 600000;

/** Fires `timer` after `delayMs`, instead of when it was to fire before. Undefined: not at all. */
export function setTimer(out: Effect[], timer: Timer, delayMs: number | undefined): void {
  out.push({ do: "timer", timer, delayMs });
}

/** Fires `timer` when the answer to a request is overdue: later after each try. */
export function awaitAnswer(out: Effect[], timer: "ask" | "reply", tries: number): void {
  setTimer(out, timer, backoffMs(tries, firstAnswerMs, longestAnswerMs));
}

/** Says something at the console. */
export function tell(out: Effect[], line: string): void {
  out.push({ do: "tell", line });
}
