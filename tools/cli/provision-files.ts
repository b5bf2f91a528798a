/** The files of an identity on this computer: read from a folder as people have them, written for their owner alone. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { identityKeys, type IdentityFiles } from "../firmware/identity-keys";
import { CommandFailed, WrongUsage } from "./failing";
import { readTextFile, writeWhole } from "./named-files";

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

/** Writes a file that nobody but its owner may read. */
export function writePrivate(path: string, contents: string | Uint8Array): void {
  writeWhole(path, contents, 0o600);
}
