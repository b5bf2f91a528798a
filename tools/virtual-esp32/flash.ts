/** What a board keeps without power: files, otadata, the two app slots, NVS. Every write is counted, and power can be lost in any of them. */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync, appendFileSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "./fault";
import type { SlotName } from "./otadata";
import { slotNames } from "./otadata";

/** Size of an app slot in the partition table of our firmware. */
export const slotBytes = 0x180000;

/** One of the two sectors of otadata; undefined is an erased sector. */
export interface OtaEntry {
  readonly seq: number;
  readonly state: "new" | "testing" | "valid" | "invalid" | "aborted" | "undefined";
}

/** Entries of 32 bytes that a page of NVS holds; it is erased when they have all been used. */
const entriesOfNvsPage = 126;

export interface FlashWrite {
  readonly n: number;
  readonly what: string;
}

export interface Flash {
  readonly files: Map<string, Buffer>;
  readonly otadata: [OtaEntry | undefined, OtaEntry | undefined];
  readonly nvs: Map<string, Buffer>;
  slot(name: SlotName): Buffer;
  /** One write of the running chip. When power is lost in it, `torn` says what is left; without `torn` the old state is. */
  write(what: string, commit: () => void, torn?: (part: number) => void): void;
  /** Saves what changed: a file, `otadata`, `nvs`. */
  save(kind: "file" | "otadata" | "nvs", name?: string): void;
  /** Replaces what is in a slot. */
  setSlot(name: SlotName, contents: Buffer): void;
  appendSlot(name: SlotName, bytes: Uint8Array): void;
  /** Power is lost in the n-th write from now. */
  cutAt(n: number): void;
  readonly written: number;
  /** So many more entries of NVS were written. */
  wear(entries: number): void;
  /** How often pages of NVS had to be erased since the board was made. */
  readonly nvsErases: number;
}

/** `random` decides how much of a torn write is there; `told` hears of every write. */
export function createFlash(dir: string | undefined, random: () => number, told: (write: FlashWrite) => void): Flash {
  const files = new Map<string, Buffer>();
  const nvs = new Map<string, Buffer>();
  const otadata: Flash["otadata"] = [undefined, undefined];
  const contents: Record<SlotName, Buffer[]> = { ota_0: [], ota_1: [] };
  let written = 0;
  let cutAt = Infinity;
  let nvsEntries = 0;

  const path = (...names: string[]): string => join(dir ?? "", ...names);
  if (dir !== undefined) {
    mkdirSync(path("files"), { recursive: true });
    for (const name of readdirSync(path("files"))) files.set(decodeURIComponent(name), readFileSync(path("files", name)));
    const stored = readOptional(path("otadata.json"));
    const entries = stored === undefined ? [] : (JSON.parse(stored.toString()) as (OtaEntry | null)[]);
    for (const sector of [0, 1] as const) otadata[sector] = entries[sector] ?? undefined;
    for (const name of slotNames) contents[name] = [readOptional(path(`${name}.bin`)) ?? Buffer.alloc(0)];
    for (const [key, value] of Object.entries(JSON.parse(readOptional(path("nvs.json"))?.toString() ?? "{}") as Record<string, string>)) {
      nvs.set(key, Buffer.from(value, "base64"));
    }
  }

  const flash: Flash = {
    files,
    otadata,
    nvs,
    get written() {
      return written;
    },
    slot(name) {
      if (contents[name].length !== 1) contents[name] = [Buffer.concat(contents[name])];
      return contents[name][0]!;
    },
    write(what, commit, torn) {
      written++;
      const lost = --cutAt === 0;
      if (lost) {
        cutAt = Infinity;
        torn?.(random());
      } else commit();
      told({ n: written, what });
      if (lost) throw new Fault("power", `power lost while writing ${what}`);
    },
    save(kind, name = "") {
      if (dir === undefined) return;
      const file = files.get(name);
      // The flash of someone's board holds a private key.
      if (kind === "file" && file === undefined) rmSync(path("files", encodeURIComponent(name)), { force: true });
      else if (kind === "file") writeFileSync(path("files", encodeURIComponent(name)), file!, { mode: 0o600 });
      else if (kind === "otadata") writeFileSync(path("otadata.json"), JSON.stringify(otadata.map((entry) => entry ?? null)));
      else
        writeFileSync(
          path("nvs.json"),
          JSON.stringify(Object.fromEntries([...nvs].map(([key, value]) => [key, value.toString("base64")]))),
        );
    },
    setSlot(name, bytes) {
      contents[name] = [bytes];
      if (dir !== undefined) writeFileSync(path(`${name}.bin`), bytes);
    },
    appendSlot(name, bytes) {
      contents[name].push(Buffer.from(bytes));
      if (dir !== undefined) appendFileSync(path(`${name}.bin`), bytes);
    },
    cutAt(n) {
      cutAt = n;
    },
    wear(entries) {
      nvsEntries += entries;
    },
    get nvsErases() {
      return Math.floor(nvsEntries / entriesOfNvsPage);
    },
  };
  return flash;
}

function readOptional(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
