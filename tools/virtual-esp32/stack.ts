/**
 * The C stack of the main task, on which all Lua runs. Lua calling Lua costs nothing of it; each pcall, resume and C function that
 * calls back into Lua does. Too much of it is no Lua error: the chip resets.
 */
import { Fault } from "./fault";

/**
 * Bytes, chosen so that nesting ends where it was measured on the running firmware: with 8,192 bytes at 17 pcalls or 20 resumes, with 16,384
 * 32 pcalls and 40 resumes are fine, 36 and 48 are not. `base` is what the task needs before Lua runs, the pcall around every callback
 * included. The last three were not measured: their frames hold a luaL_Buffer, a MatchState or a parser, so they are put higher than pcall's.
 */
export const stackCost = { base: 1200, pcall: 424, resume: 360, sort: 500, gsub: 700, load: 500 } as const;

export interface Stack {
  /** Runs `call` with so many bytes of the stack in use. */
  during<T>(cost: number, call: () => T): T;
  /** The least that was left of it. */
  readonly leastFreeBytes: number;
}

export function createStack(sizeBytes: number): Stack {
  let used = stackCost.base;
  let most: number = used;
  return {
    get leastFreeBytes() {
      return sizeBytes - most;
    },
    during(cost, call) {
      used += cost;
      most = Math.max(most, used);
      if (used > sizeBytes) throw new Fault("crash", "***ERROR*** A stack overflow in task main has been detected.");
      try {
        return call();
      } finally {
        used -= cost;
      }
    },
  };
}
