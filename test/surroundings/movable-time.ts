/** A clock that runs like this computer's and can be moved on: what waits for half a minute then waits no longer. */
import type { TimeSource } from "../../tools/time";

export interface MovableTime extends TimeSource {
  /** Moves on by `ms`. What falls due meanwhile fires now, in order. */
  skip(ms: number): void;
}

interface Due {
  readonly atMs: number;
  readonly fire: () => void;
  timer: NodeJS.Timeout;
}

export function movableTime(): MovableTime {
  let skippedMs = 0;
  const pending = new Set<Due>();
  const now = (): number => Date.now() + skippedMs;

  function fire(due: Due): void {
    clearTimeout(due.timer);
    if (pending.delete(due)) due.fire();
  }
  function arm(due: Due): NodeJS.Timeout {
    return setTimeout(() => fire(due), Math.max(0, due.atMs - now()));
  }

  return {
    now,
    after(delayMs, callBack) {
      const due: Due = { atMs: now() + delayMs, fire: callBack, timer: undefined as unknown as NodeJS.Timeout };
      due.timer = arm(due);
      pending.add(due);
      return () => {
        clearTimeout(due.timer);
        pending.delete(due);
      };
    },
    skip(ms) {
      skippedMs += ms;
      const dueNow = [...pending].filter((due) => due.atMs <= now()).sort((a, b) => a.atMs - b.atMs);
      for (const due of dueNow) fire(due);
      for (const due of pending) {
        clearTimeout(due.timer);
        due.timer = arm(due);
      }
    },
  };
}
