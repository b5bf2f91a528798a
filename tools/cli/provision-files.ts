/** The files of an identity on this computer: read from a folder as people have them, written for their owner alone. */
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { identityKeys, type IdentityFiles } from "../firmware/identity-keys";
import { textOfFile } from "../firmware/identity-pem";
import { CommandFailed, WrongUsage } from "./failing";
import { readNamedFile } from "./read-file";

/** The text of a file; refuses with a sentence. What it holds is in none. */
export function readTextFile(path: string): string {
  return textOfFile(readNamedFile(path));
}

/** Those of an identity's files that a folder has. */
export function readIdentityFolder(folder: string): IdentityFiles {
  if (!existsSync(folder)) throw new WrongUsage(`there is no folder ${folder}`);
  const names = identityKeys.map(({ name }) => name).filter((name) => existsSync(join(folder, name)));
  return Object.fromEntries(names.map((name) => [name, readTextFile(join(folder, name))]));
}

/** Decoded JSON. The parser's own words are left out: they quote the file, and a password may be in it. */
export function readJsonFile(path: string): unknown {
  const text = readTextFile(path);
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandFailed(`${path} is not JSON: mend it or take it away`);
  }
}

/** Writes a file that nobody but its owner may read, also where one was that others could. It is there whole or not at all. */
export function writePrivate(path: string, contents: string | Uint8Array): void {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(beside, contents, { mode: 0o600, flag: "wx" });
    chmodSync(beside, 0o600); // The mode above is less what umask takes away.
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new CommandFailed(`${path} cannot be written: ${(error as NodeJS.ErrnoException).code}`);
  }
}
