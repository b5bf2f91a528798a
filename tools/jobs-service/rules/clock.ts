/** The service's clock: the time it is given, and how far it was told to move on since. It never goes back. */
import { ControlRefusal } from "./refusals";
import type { Store } from "./store";
import type { Turn } from "./turn";

const key = "offset";
/** Schedules reach three years ahead; further than this nobody has anything to look for. */
const maxAdvanceMs = 10 * 366 * 24 * 3_600_000;

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** How far it is ahead of the time it is given. */
  offsetMs(): number;
  /** Moves on by so much. All that falls due on the way happens in order, each at its own moment. */
  advance(ms: number): void;
}

interface Parts {
  readonly store: Store;
  readonly now: () => number;
  readonly run: <T>(work: (turn: Turn) => T) => T;
  readonly nextDeadlineMs: () => number | undefined;
  readonly expireDue: () => void;
}

export function openClock({ store, now: given, run, nextDeadlineMs, expireDue }: Parts): Clock {
  const offsetMs = (): number => store.clock.get(key)?.offsetMs ?? 0;
  const now = (): number => given() + offsetMs();

  function moveTo(ms: number): void {
    const aheadMs = ms - now();
    if (aheadMs > 0) run((turn) => store.clock.put(turn, key, { offsetMs: offsetMs() + aheadMs }));
  }

  return {
    now,
    offsetMs,
    advance(ms) {
      if (!(Number.isInteger(ms) && ms >= 0 && ms <= maxAdvanceMs)) {
        throw new ControlRefusal("InvalidRequestException", `advanceMs must be a whole number from 0 to ${maxAdvanceMs}`);
      }
      const endMs = now() + ms;
      for (let next = nextDeadlineMs(); next !== undefined && next <= endMs; next = nextDeadlineMs()) {
        moveTo(next);
        expireDue();
      }
      moveTo(endMs);
    },
  };
}
