/** Time for specs: stands still until told to move. Portable, and without sorting: timers are few. */
import type { Cancel, Clock } from "../../src/ports";
import { quotient } from "../../src/portable/integers";
import { ok } from "./spec";

/** A clock, and what a spec moves it with. */
/** @noSelf */
export interface VirtualClock {
  readonly port: Clock;
  /** Milliseconds since boot. */
  nowMs(): number;
  /** Moves on by `ms`, firing what falls due on the way, in order. */
  advance(ms: number): void;
  /** Moves on to the next timer. False when there is none. */
  advanceToNext(): boolean;
  /** The time of day becomes known, or jumps. */
  setEpoch(seconds: number): void;
  /** As a restart does: no timer fires any more. */
  stop(): void;
}

/** @noSelf */
interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
  stopped: boolean;
}

/** The firmware's shortest and longest timer, in milliseconds. */
const shortestMs = 1;
const longestMs = 6870947;

/** A clock at its boot. `epochSeconds` is the time of day, undefined while unknown. */
export function virtualClock(epochSeconds: number | undefined): VirtualClock {
  let nowMs = 0;
  let made = 0;
  let timers: Timer[] = [];
  let stopped = false;
  let epoch = epochSeconds;
  let epochSetAtSeconds = 0;

  function seconds(): number {
    return quotient(nowMs, 1000);
  }

  function next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (first === undefined || timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.order < first.order)) first = timer;
    }
    return first;
  }

  function fire(timer: Timer): void {
    timer.stopped = true;
    timers = timers.filter((other) => !other.stopped);
    nowMs = timer.atMs;
    timer.fire();
  }

  return {
    port: {
      after(delayMs: number, callback: () => void): Cancel {
        ok(delayMs >= shortestMs && delayMs <= longestMs, "the firmware has no timer that short or that long");
        made++;
        const timer: Timer = { atMs: nowMs + delayMs, order: made, fire: callback, stopped: false };
        if (!stopped) timers.push(timer);
        return () => {
          timer.stopped = true;
          timers = timers.filter((other) => !other.stopped);
        };
      },
      seconds,
      epochSeconds: () => (epoch === undefined ? undefined : epoch + seconds() - epochSetAtSeconds),
    },
    nowMs: () => nowMs,
    advance(ms: number): void {
      const end = nowMs + ms;
      let timer = next();
      while (timer !== undefined && timer.atMs <= end) {
        fire(timer);
        timer = next();
      }
      nowMs = end;
    },
    advanceToNext(): boolean {
      const timer = next();
      if (timer === undefined) return false;
      fire(timer);
      return true;
    },
    setEpoch(value: number): void {
      epoch = value;
      epochSetAtSeconds = seconds();
    },
    stop(): void {
      stopped = true;
      timers = [];
    },
  };
}
