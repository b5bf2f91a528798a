/**
 * Pausing work. A task is a generator that yields waits; the runner starts each wait and steps the generator when it ends. The
 * same order of steps on every platform, which promises do not give: TypeScriptToLua resolves them at once.
 */

/** Starts waiting; calls `resume` once, later; returns how to stop waiting. */
export type Wait<T> = (resume: (value: T) => void) => () => void;

/** Work that can pause. It ends with a value of type T. */
export type Task<T> = Generator<Wait<unknown>, T, unknown>;

/** How a task ended: with its value, or with the error that it threw (a string in Lua, mostly an Error in JavaScript). */
export type TaskEnd<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** Pauses until `start` calls back, and gives what it was called with. */
export function* waitFor<T>(start: Wait<T>): Task<T> {
  return (yield start as Wait<unknown>) as T;
}

/** Whatever can call back later: the clock, as far as sleeping needs it. */
/** @noSelf */
interface Alarm {
  after(delayMs: number, fire: () => void): () => void;
}

/** Pauses for `delayMs` milliseconds. */
export function* sleep(alarm: Alarm, delayMs: number): Task<void> {
  yield (resume) => alarm.after(delayMs, () => resume(undefined));
}

/**
 * Runs a task up to its first wait, and on from there as the waits end. `done` is called once, at the end, unless the task is
 * cancelled first; for a task without waits that is before this returns. The result cancels: the task is not stepped again.
 */
export function runTask<T>(task: Task<T>, done: (end: TaskEnd<T>) => void): () => void {
  let over = false;
  let stopWaiting: (() => void) | undefined;

  function step(input: unknown): IteratorResult<Wait<unknown>, T> | undefined {
    try {
      return task.next(input);
    } catch (error) {
      over = true;
      done({ ok: false, error });
    }
    return undefined;
  }

  // Starts one wait. True when it ended at once, which a port must not do but a simple wait may.
  function begin(wait: Wait<unknown>, box: { value: unknown }): boolean {
    let starting = true;
    let ended = false;
    stopWaiting = wait((value) => {
      if (ended || over) return;
      ended = true;
      stopWaiting = undefined;
      if (starting) box.value = value;
      else run(value);
    });
    starting = false;
    return ended;
  }

  function run(input: unknown): void {
    const box = { value: input };
    while (!over) {
      const result = step(box.value);
      if (result === undefined || over) return;
      if (result.done === true) {
        over = true;
        done({ ok: true, value: result.value });
        return;
      }
      if (!begin(result.value, box)) return;
    }
  }

  run(undefined);
  return () => {
    over = true;
    if (stopWaiting !== undefined) stopWaiting();
    stopWaiting = undefined;
  };
}
