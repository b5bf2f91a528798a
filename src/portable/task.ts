/**
 * Pausing work. A task is a generator that yields waits; the runner starts each wait and steps the generator when it ends. The
 * same order of steps on every platform, which promises do not give: TypeScriptToLua resolves them at once.
 */
import { errorOf } from "./error";

/** Starts waiting; calls `resume` once, later; returns how to stop waiting. What was waited for travels by closure: TypeScriptToLua's `yield*` passes no values in. */
export type Wait = (resume: () => void) => () => void;

/** Work that can pause. It ends with a value of type T. */
export type Task<T> = Generator<Wait, T, void>;

/** How a task ended: with its value, or with what a person can read of the error that it threw. */
export type TaskEnd<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

/** Pauses until `start` calls back, and gives what it was called with. `start` returns how to stop waiting. */
export function* waitFor<T>(start: (resume: (value: T) => void) => () => void): Task<T> {
  let found: T | undefined;
  yield (resume) =>
    start((value) => {
      found = value;
      resume();
    });
  return found as T;
}

/** Whatever can call back later: the clock, as far as sleeping needs it. */
/** @noSelf */
interface Alarm {
  after(delayMs: number, fire: () => void): () => void;
}

/** Pauses for `delayMs` milliseconds. */
export function* sleep(alarm: Alarm, delayMs: number): Task<void> {
  yield (resume) => alarm.after(delayMs, resume);
}

/**
 * Makes a task and runs it up to its first wait, and on from there as the waits end. `done` is called once, at the end, unless the task
 * is cancelled first; for a task without waits that is before this returns. The result cancels: the task is not stepped again.
 */
export function runTask<T>(make: () => Task<T>, done: (end: TaskEnd<T>) => void): () => void {
  let task: Task<T> | undefined;
  let over = false;
  let stopWaiting: (() => void) | undefined;

  // Whatever is thrown ends the task: by its steps, by a plain function that was to make it, by the start of a wait.
  // True when it can be stepped again at once.
  function step(): boolean {
    let end: TaskEnd<T> | undefined;
    let again = false;
    const error = errorOf(() => {
      task = task ?? make();
      const result = task.next();
      if (result.done === true) end = { ok: true, value: result.value };
      else if (!over) again = begin(result.value);
    });
    if (error !== undefined) end = { ok: false, error };
    if (end !== undefined) {
      over = true;
      done(end);
    }
    return again;
  }

  // True when the wait ended at once, which a port must not do but a simple wait may.
  function begin(wait: Wait): boolean {
    let starting = true;
    let ended = false;
    stopWaiting = wait(() => {
      if (ended || over) return;
      ended = true;
      if (!starting) run();
    });
    starting = false;
    return ended;
  }

  function run(): void {
    let again = true;
    while (again && !over) again = step();
  }

  run();
  return () => {
    if (over) return;
    over = true;
    if (stopWaiting !== undefined) stopWaiting();
  };
}
