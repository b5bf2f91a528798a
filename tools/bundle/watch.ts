/** From an edit to the running board: compiles after each change, and hands the new bundle on. */
import { watch } from "node:fs";
import { join } from "node:path";
import type { LuaTarget } from "./bundle";
import { createBuilder, root } from "./bundle";

/** What follows a change. */
export interface WatchEvents {
  /** The bundle is on disk. `editedAtMs` is when the change was noticed, on `performance.now()`. */
  built(editedAtMs: number): void | Promise<void>;
  /** There is no bundle: one line for each problem. */
  failed(problems: readonly string[]): void;
}

/** Editors write a file in several steps; this long without a further step is taken for the end of them. */
const quietMs = 30;

/** Builds at once and after each change below `folders`, one build at a time. The result ends it. */
export function watchBundle(target: LuaTarget, events: WatchEvents, folders: readonly string[] = [join(root, "src")]): () => void {
  const build = createBuilder(target);
  let editedAtMs: number | undefined = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let isBusy = false;

  const next = async (): Promise<void> => {
    timer = undefined;
    if (isBusy || editedAtMs === undefined) return;
    isBusy = true;
    const since = editedAtMs;
    editedAtMs = undefined;
    const built = build();
    if (built.ok) await events.built(since);
    else events.failed(built.problems);
    isBusy = false;
    await next();
  };
  const changed = (name: string | null): void => {
    if (name !== null && !name.endsWith(".ts")) return;
    editedAtMs ??= performance.now();
    clearTimeout(timer);
    timer = setTimeout(() => void next(), quietMs);
  };

  const watchers = folders.map((folder) => watch(folder, { recursive: true }, (_, name) => changed(name)));
  void next();
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
