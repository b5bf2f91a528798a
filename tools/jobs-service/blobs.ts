/** Files in the data folder, each by a name of any length and with any characters. A file is there whole or not at all. */
import { createHash } from "node:crypto";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Blobs {
  /** Resolves once the bytes are safe. A second one of the same name replaces the first. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  get(name: string): Uint8Array | undefined;
  /** Resolves once it is gone for good. */
  remove(name: string): Promise<void>;
  list(): string[];
}

const newFile = ".new";
/** The name, as one line of JSON, is ahead of the bytes. */
const lineEnd = 0x0a;

export async function blobsIn(dir: string): Promise<Blobs> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  /** File names by blob name. */
  const files = new Map<string, string>();
  for (const file of await readdir(dir)) {
    if (file.endsWith(newFile))
      await rm(join(dir, file)); // A write that did not end.
    else files.set(await nameIn(join(dir, file)), file);
  }
  let puts = 0;

  return {
    async put(name, bytes) {
      const file = createHash("sha256").update(name).digest("hex");
      const path = join(dir, file);
      // Two puts of one name at once must not share the new file.
      const draft = `${path}.${++puts}${newFile}`;
      const handle = await open(draft, "w", 0o600);
      try {
        await handle.writeFile(`${JSON.stringify(name)}\n`);
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, path);
      await syncFolder(dir);
      files.set(name, file);
    },
    get(name) {
      const file = files.get(name);
      if (file === undefined) return undefined;
      const whole = readFileSync(join(dir, file));
      return whole.subarray(whole.indexOf(lineEnd) + 1);
    },
    async remove(name) {
      const file = files.get(name);
      if (file === undefined) return;
      files.delete(name);
      await rm(join(dir, file));
      await syncFolder(dir);
    },
    list: () => [...files.keys()],
  };
}

/** Only the name: images need not be read to know which there are. */
async function nameIn(path: string): Promise<string> {
  const handle = await open(path);
  try {
    const head = Buffer.alloc(16 * 1024); // S3's keys have at most 1,024 bytes.
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    return JSON.parse(head.subarray(0, Math.max(0, head.subarray(0, bytesRead).indexOf(lineEnd))).toString()) as string;
  } finally {
    await handle.close();
  }
}

/** A new name in a folder is safe once the folder is. Windows cannot open one, and does not need to. */
async function syncFolder(dir: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(dir);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
