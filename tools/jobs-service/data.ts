/**
 * The data folder: all that a Jobs service knows, kept by LevelDB. Each write is synced, so that it survives the loss of power and not
 * only of the process; what is written together is there whole or not at all.
 *
 *   DIR/records     the rules' records and persistent MQTT sessions, in LevelDB
 *   DIR/objects     images, a file each
 *   DIR/authority   the CA and the certificates that it issued
 */
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { blobsIn, type Blobs } from "./blobs";
import type { Batch } from "./group-commit";
import type { SavedRecord } from "./rules/restore";
import { sessionKeys } from "./session-keys";

export interface Data {
  /** All records, in the order of their keys. Throws a DataFolderError. */
  read(): Promise<SavedRecord[]>;
  /** The records of MQTT sessions, in the order of their keys. Throws a DataFolderError. */
  readSessions(): Promise<SavedRecord[]>;
  readonly blobs: Blobs;
  /** Made with the folder: what was signed with it stays signed. */
  readonly secret: Uint8Array;
  /** The folder of the certificate authority. */
  readonly authorityDir: string;
  write(batch: Batch): Promise<void>;
  close(): Promise<void>;
}

/** A data folder that cannot be used. The message names it and says what to do. */
export class DataFolderError extends Error {
  override readonly name = "DataFolderError";
}

/** Raised when records of an older version can no longer be read. */
const format = 1;
const portion = 10_000;
// No kinds of records: those have a slash.
const formatKey = "format";
const secretKey = "secret";

/** Opens a data folder; makes it when there is none. Throws a DataFolderError. */
export async function openData(dir: string): Promise<Data> {
  const location = join(dir, "records");
  try {
    await mkdir(location, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new DataFolderError(`the data folder ${dir} cannot be made (${reasonOf(error)}): choose a folder that you may write to`);
  }
  const level = new ClassicLevel<string, unknown>(location, { valueEncoding: "json" });
  try {
    await level.open();
  } catch (error) {
    throw unusable(dir, error);
  }
  try {
    await checkFormat(level, dir);
    return {
      read: () => read(level).catch((error: unknown) => Promise.reject(damaged(dir, error))),
      readSessions: () =>
        level
          .iterator({ gte: sessionKeys, lt: sessionKeys.replace(":", ";") })
          .all()
          .catch((error: unknown) => Promise.reject(damaged(dir, error))),
      blobs: await blobsIn(join(dir, "objects")),
      secret: await secretIn(level),
      authorityDir: join(dir, "authority"),
      write: (batch) => level.batch(operations(batch), { valueEncoding: "utf8", sync: true }),
      close: () => level.close(),
    };
  } catch (error) {
    await level.close();
    throw error instanceof DataFolderError ? error : damaged(dir, error);
  }
}

/** For records that are well-formed, and yet do not make a whole. */
export function damaged(dir: string, error: unknown): DataFolderError {
  return new DataFolderError(
    `the data folder ${dir} is damaged (${reasonOf(error)}): put a copy of it in its place, or move it away to start anew`,
    { cause: error },
  );
}

async function checkFormat(level: ClassicLevel<string, unknown>, dir: string): Promise<void> {
  const found = await level.get(formatKey);
  if (found === undefined) await level.put(formatKey, format, { sync: true });
  else if (typeof found !== "number" || found > format) {
    throw new DataFolderError(
      `the data folder ${dir} was written by a newer version (format ${JSON.stringify(found)}, this one reads ${format}): use that version, or another folder`,
    );
  }
}

async function secretIn(level: ClassicLevel<string, unknown>): Promise<Uint8Array> {
  const found = await level.get(secretKey);
  if (typeof found === "string") return Buffer.from(found, "hex");
  const made = randomBytes(32);
  await level.put(secretKey, made.toString("hex"), { sync: true });
  return made;
}

async function read(level: ClassicLevel<string, unknown>): Promise<SavedRecord[]> {
  const records: SavedRecord[] = [];
  // In large portions: waiting for each record alone takes several times as long.
  const iterator = level.iterator();
  for (let some = await iterator.nextv(portion); some.length > 0; some = await iterator.nextv(portion)) {
    for (const record of some) if (record[0].includes("/")) records.push(record);
  }
  await iterator.close();
  return records;
}

function operations(batch: Batch) {
  return Array.from(batch, ([key, value]) => (value === undefined ? { type: "del" as const, key } : { type: "put" as const, key, value }));
}

function unusable(dir: string, error: unknown): DataFolderError {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  // The folder itself is there by now, so what is missing is one of the database's own files.
  if (reasonOf(cause).includes("No such file")) return damaged(dir, cause);
  switch ((cause as { code?: unknown }).code) {
    case "LEVEL_LOCKED":
      return new DataFolderError(`the data folder ${dir} is in use by another Jobs service: stop that one, or use another folder`, {
        cause,
      });
    case "LEVEL_CORRUPTION":
      return damaged(dir, cause);
    default:
      return new DataFolderError(`the data folder ${dir} cannot be opened (${reasonOf(cause)}): check its permissions and the disk`, {
        cause,
      });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
