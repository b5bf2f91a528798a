/** The files of an agent's folder: read whole, written so that a power cut leaves the old text or the new one. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

/** The contents of a file; undefined when there is none. Throws when it is there and cannot be read. */
export function readText(dir: string, name: string): string | undefined {
  try {
    return readFileSync(join(dir, name), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Puts a file, or the list of names of a folder, on stable storage. */
function sync(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Replaces a file. Throws when it could not be done; the old contents are then still there. Only the owner may read it. */
export function writeDurably(dir: string, name: string, text: string): void {
  const temporary = join(dir, `${name}.new`);
  const file = openSync(temporary, "w", 0o600);
  try {
    const bytes = Buffer.from(text, "utf8");
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, join(dir, name));
  // Without this the new name itself could be lost.
  sync(dir);
}
