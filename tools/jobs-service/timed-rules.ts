/** The rulebook on a clock: its timers fire by themselves. */
import type { TimeSource } from "../time";
import type { Rules, RulesOptions } from "./rules";
import { createRules } from "./rules";

/** setTimeout takes no longer delay; a later deadline is looked at again when this one has passed. */
const longestDelayMs = 2 ** 31 - 1;

/** Rules whose deadlines are kept by `time`. `stop` ends the timer. */
export function timedRules(time: TimeSource, options: Omit<RulesOptions, "now" | "settled">): { readonly rules: Rules; stop(): void } {
  /** By `time`, which the rules' own clock may be ahead of. */
  let armedForMs: number | undefined;
  let disarm: (() => void) | undefined;
  let stopped = false;

  function arm(): void {
    const nextMs = stopped ? undefined : rules.nextDeadlineMs();
    const deadlineMs = nextMs === undefined ? undefined : nextMs - rules.clock.offsetMs();
    if (deadlineMs === armedForMs) return;
    disarm?.();
    disarm = undefined;
    armedForMs = deadlineMs;
    if (deadlineMs === undefined) return;
    const delayMs = Math.min(Math.max(0, deadlineMs - time.now()), longestDelayMs);
    disarm = time.after(delayMs, () => {
      armedForMs = undefined;
      rules.expireDue();
      arm();
    });
  }

  const rules = createRules({ ...options, now: () => time.now(), settled: arm });
  arm(); // For what was restored.
  return {
    rules,
    stop() {
      stopped = true;
      arm();
    },
  };
}
