/** Leaves nothing behind: what a measurement starts or makes goes when the bench ends, on Ctrl-C too. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const pending = new Set<() => void>();

function listen(): void {
  process.on("exit", () => {
    for (const undo of pending) undo();
  });
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.on(signal, () => process.exit(code));
  }
}

/** Does `undo` when this process ends, unless the result, which does it at once, was called before. */
export function whenOver(undo: () => void): () => void {
  if (pending.size === 0 && process.listenerCount("SIGINT") === 0) listen();
  pending.add(undo);
  return () => {
    if (pending.delete(undo)) undo();
  };
}

/** An empty folder on the disk that temporary files are on. */
export function temporaryFolder(): { readonly dir: string; remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), "esp32-jobs-bench-"));
  return { dir, remove: whenOver(() => rmSync(dir, { recursive: true, force: true })) };
}
