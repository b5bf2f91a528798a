/** Time for the agent on Node, from the computer's clock or from whoever plays it in a test. */
import type { Cancel, Clock } from "../../ports";

/** Where time comes from. `after` never calls before it has returned. */
export interface TimeSource {
  /** Milliseconds since 1970 UTC. */
  now(): number;
  /** Milliseconds since any fixed moment, never going back. Absent where `now` itself never goes back. */
  uptimeMs?(): number;
  /** Calls `fire` once, `delayMs` from now. The result cancels it. */
  after(delayMs: number, fire: () => void): () => void;
}

/** The way into the agent for everything that a port has to tell: a boot refuses it once it is over, and ends when it throws. */
export type Enter = (tell: () => void) => void;

/** This computer's clock. */
export const hostTime: TimeSource = {
  now: () => Date.now(),
  uptimeMs: () => performance.now(),
  after(delayMs, fire) {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
};

/** A clock that begins at zero. `stop` cancels every timer, as a restart of a board does. */
export function nodeClock(time: TimeSource, enter: Enter): Clock & { stop(): void } {
  const uptimeMs = (): number => (time.uptimeMs ?? time.now).call(time);
  const bootMs = uptimeMs();
  const pending = new Set<Cancel>();
  return {
    after(delayMs, fire) {
      const cancelTimer = time.after(Math.max(1, Math.ceil(delayMs)), () => {
        pending.delete(cancel);
        enter(fire);
      });
      const cancel = (): void => {
        pending.delete(cancel);
        cancelTimer();
      };
      pending.add(cancel);
      return cancel;
    },
    seconds: () => Math.floor((uptimeMs() - bootMs) / 1000),
    epochSeconds: () => Math.floor(time.now() / 1000),
    stop() {
      for (const cancel of [...pending]) cancel();
    },
  };
}
