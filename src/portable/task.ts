/**
 * Pausing work. A task is a generator that yields waits; the runner starts each wait and steps the generator when it ends. The
 * same order of steps on every platform, which promises do not give: TypeScriptToLua resolves them at once.
 */

/** Starts waiting; calls `resume` once, later; returns how to stop waiting. */
export type Wait<T> = (resume: (value: T) => void) => () => void;

/** Work that can pause. It ends with a value of type T. */
export type Task<T> = Generator<Wait<unknown>, T, unknown>;
