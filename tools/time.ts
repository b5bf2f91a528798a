/** Where programs on this computer take their time from, so that a test can be the clock. */

export interface TimeSource {
  /** Milliseconds since 1970 UTC. */
  now(): number;
  /** Calls `fire` once, `delayMs` from now, never before this call returns. The result cancels it. */
  after(delayMs: number, fire: () => void): () => void;
}

/** The computer's own clock. Its timers do not keep the process alive by themselves when `background` is set. */
export function systemTime(background = false): TimeSource {
  return {
    now: () => Date.now(),
    after(delayMs, fire) {
      const timer = setTimeout(fire, delayMs);
      if (background) timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** A clock that stands still until it is told to move. Timers fire in order of their time, then of their making. */
export class VirtualTime implements TimeSource {
  private due: Due[] = [];
  private made = 0;

  constructor(private nowMs = 1_700_000_000_000) {}

  now(): number {
    return this.nowMs;
  }

  after(delayMs: number, fire: () => void): () => void {
    const entry: Due = { at: this.nowMs + Math.max(0, delayMs), order: this.made++, fire };
    this.due.push(entry);
    return () => {
      this.due = this.due.filter((other) => other !== entry);
    };
  }

  /** Milliseconds until the next timer, or undefined when none is set. */
  untilNext(): number | undefined {
    const next = this.first();
    return next === undefined ? undefined : next.at - this.nowMs;
  }

  /** Moves on by `ms` and fires what falls due on the way, timers set meanwhile included. */
  advance(ms: number): void {
    const end = this.nowMs + ms;
    for (let next = this.first(); next !== undefined && next.at <= end; next = this.first()) {
      const entry = next;
      this.due = this.due.filter((other) => other !== entry);
      this.nowMs = Math.max(this.nowMs, entry.at);
      entry.fire();
    }
    this.nowMs = end;
  }

  private first(): Due | undefined {
    return this.due.reduce<Due | undefined>(
      (best, entry) => (best === undefined || entry.at < best.at || (entry.at === best.at && entry.order < best.order) ? entry : best),
      undefined,
    );
  }
}
