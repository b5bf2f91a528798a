/** The files of an identity on this computer: read from a folder as people have them, written for their owner alone. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
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

/** No private key is lost: one that is to be replaced stays beside the new one. */
function keepKey(path: string, contents: string | Uint8Array): void {
  if (!/^(signer-)?key\.pem$/.test(basename(path)) || !existsSync(path)) return;
  const old = readFileSync(path);
  const bare = (bytes: Buffer): string => bytes.toString("latin1").replace(/\s/g, "");
  if (old.length === 0 || bare(old) === bare(Buffer.from(contents))) return;
  const kept = `${path.slice(0, -".pem".length)}-${createHash("sha256").update(old).digest("hex").slice(0, 12)}.pem`;
  writeWhole(kept, old, 0o600);
  process.stderr.write(`The key that was in ${path} is now in ${kept}.\n`);
}

/** Writes a file that nobody but its owner may read. The private key that it held is kept under another name. */
export function writePrivate(path: string, contents: string | Uint8Array): void {
  keepKey(path, contents);
  writeWhole(path, contents, 0o600);
}
