/** What the disk itself takes: no service that keeps its word can be faster. */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

const writes = 50;

/** Milliseconds that a small synced write takes, the median. */
export function syncedWriteMs(dir: string): number {
  const file = openSync(join(dir, "synced"), "w");
  const block = Buffer.alloc(512, "x");
  const times = Array.from({ length: writes }, () => {
    const startMs = performance.now();
    writeSync(file, block);
    fdatasyncSync(file);
    return performance.now() - startMs;
  });
  closeSync(file);
  return times.sort((one, other) => one - other)[writes / 2] ?? NaN;
}
