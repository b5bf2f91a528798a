/**
 * A person's clone of NodeMCU is borrowed for a build: what a build writes there is put aside before, and put back after, whatever
 * happens. All of it is on the same file system, so each step is one rename.
 */
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FirmwareProblem } from "../problem";

/** What NodeMCU's build writes into its folder; all of it is in NodeMCU's .gitignore. */
export const writtenByBuilds = [
  "sdkconfig",
  "sdkconfig.old",
  "build",
  "managed_components",
  "dependencies.lock",
  "components/platform/include/buildinfo.h",
] as const;

/** What the component manager has fetched, and for which chip and ESP-IDF: with both it builds without a network. */
const fetched: readonly string[] = ["managed_components", "dependencies.lock"];

const asideName = ".esp32-jobs-aside";

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function move(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  renameSync(from, to);
}

/** The build that has borrowed the clone, where one is under way or was cut off: the process's number. */
function borrowerOf(clone: string): number | undefined {
  const file = join(clone, asideName, "borrower");
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

// The file `borrower` stands while everything in the clone is the build's. Without it some of the person's files are still, or
// again, in their places: nothing may be removed then.
function putBack(clone: string): void {
  const aside = join(clone, asideName);
  if (!existsSync(aside)) return;
  if (borrowerOf(clone) !== undefined) {
    for (const name of writtenByBuilds) rmSync(join(clone, name), { recursive: true, force: true });
    rmSync(join(aside, "borrower"));
  }
  for (const name of writtenByBuilds) if (isThere(join(aside, name))) move(join(aside, name), join(clone, name));
  rmSync(aside, { recursive: true });
}

function copy(from: string, to: string): void {
  cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
}

/** Keeps what was fetched for this build, for the next one for the same chip: it would otherwise go with everything else that was built. */
export function keepFetched(clone: string, kept: string): void {
  const fresh = `${kept}.new`;
  rmSync(fresh, { recursive: true, force: true });
  for (const name of fetched) if (isThere(join(clone, name))) copy(join(clone, name), join(fresh, name));
  rmSync(kept, { recursive: true, force: true });
  if (isThere(fresh)) renameSync(fresh, kept);
}

/**
 * Puts aside what the person has there. A build starts from what an earlier one has fetched, `kept`, else from what the person's own has.
 * The result puts all back, and takes away what was built; calling it again does nothing.
 */
export function borrow(clone: string, kept?: string): () => void {
  const other = borrowerOf(clone);
  if (other !== undefined && other !== process.pid && isAlive(other))
    throw new FirmwareProblem(`another build, process ${other}, is at work in ${clone}: wait for it, or end it`);
  putBack(clone);
  const aside = join(clone, asideName);
  mkdirSync(aside);
  for (const name of writtenByBuilds) if (isThere(join(clone, name))) move(join(clone, name), join(aside, name));
  writeFileSync(join(aside, "borrower"), `${process.pid}`);
  const source = kept !== undefined && isThere(kept) ? kept : aside;
  for (const name of fetched) if (isThere(join(source, name))) copy(join(source, name), join(clone, name));
  let isBack = false;
  return () => {
    if (isBack) return;
    isBack = true;
    putBack(clone);
  };
}
