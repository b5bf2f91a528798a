/** Files that a person names: read with a sentence where that fails, written whole or not at all. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { textOfFile } from "../firmware/identity-pem";
import { CommandFailed, WrongUsage } from "./failing";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "it is not there",
  EACCES: "you may not",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is a file",
  EEXIST: "a part of its path is a file",
  ENOSPC: "the disk is full",
  EROFS: "the disk is for reading only",
};

function reasonOf(error: unknown): string {
  const { code = "unknown reason" } = error as NodeJS.ErrnoException;
  return reasons[code] ?? code;
}

/** The bytes of a file; refuses with a sentence. What it holds is in none. */
export function readNamedFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new WrongUsage(`the file "${path}" cannot be read: ${reasonOf(error)}`);
  }
}

/** The text of a file, whichever system it was written on. */
export function readTextFile(path: string): string {
  return textOfFile(readNamedFile(path));
}

/** Makes a folder and those above it. Node's own `recursive` never ends where a folder cannot be made in one that is there, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(path)) throw error; // Else another program was quicker.
  }
}

/** Writes a file with these rights for its owner and others, also where one was that had others. Makes the folder for it. */
export function writeWhole(path: string, contents: string | Uint8Array, mode: number): void {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}`);
  let isBegun = false;
  try {
    makeFolder(dirname(path));
    writeFileSync(beside, contents, { mode, flag: "wx" });
    isBegun = true;
    chmodSync(beside, mode); // The mode above is less what umask takes away.
    renameSync(beside, path);
  } catch (error) {
    if (isBegun) rmSync(beside, { force: true });
    throw new CommandFailed(`the file "${path}" cannot be written: ${reasonOf(error)}`);
  }
}
