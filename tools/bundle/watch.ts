/** Compiles after each change, and tells. */
import { watch } from "node:fs";
import { join } from "node:path";
import type { LuaTarget } from "./targets";
import { createBuilder } from "./bundle";
import { root } from "./targets";

/** What follows a change. */
export interface WatchEvents {
  /** The bundle is on disk. `editedAtMs` is when the first change in it was noticed, on `performance.now()`. */
  built(editedAtMs: number): void;
  /** There is no bundle: one line for each problem. */
  failed(problems: readonly string[]): void;
}

/** Editors write a file in several steps; this long without a further step is taken for the end of them. */
const quietMs = 30;

export interface BundleWatch {
  /** Builds once for nothing, unless a change is waiting: the second build of a process is a third slower than those that follow. */
  warmUp(): void;
  end(): void;
}

/** Builds soon, and after each change below `folders`. */
export function watchBundle(target: LuaTarget, events: WatchEvents, folders: readonly string[] = [join(root, "src")]): BundleWatch {
  const build = createBuilder(target);
  let editedAtMs: number | undefined;
  let timer: NodeJS.Timeout | undefined;

  const next = (): void => {
    const since = editedAtMs ?? performance.now();
    editedAtMs = undefined;
    const built = build();
    if (built.ok) events.built(since);
    else events.failed(built.problems);
  };
  const changed = (): void => {
    editedAtMs ??= performance.now();
    clearTimeout(timer);
    timer = setTimeout(next, quietMs);
  };

  const watchers = folders.map((folder) =>
    watch(folder, { recursive: true }, (_, name) => {
      if (name?.endsWith(".ts") === true) changed();
    }),
  );
  changed();
  return {
    warmUp: () => void (editedAtMs === undefined && build()),
    end() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}
