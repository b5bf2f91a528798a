/** A folder as a firmware build leaves it, made small: boot loader, partition table, otadata, app image, and what describes them. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll } from "vitest";
import { root } from "../../tools/bundle/targets";
import { chips, type ChipName } from "../../tools/firmware/chips";
import { buildImage } from "../../tools/virtual-esp32/image";
import { imageFor, partitionTable } from "./firmware-images";

export interface BuildOptions {
  readonly chip?: ChipName;
  /** The Lua that `init` loads. */
  readonly bundle?: string;
  readonly version?: string;
  /** Replaces or adds files before they are written; an undefined one is left out. */
  readonly change?: (files: Record<string, Buffer | string | undefined>) => void;
}

/** An NVS image of three pages with one namespace and one string in it (ESP-IDF, "NVS: internals"). */
export function identityImage(value = "lamp"): Buffer {
  const image = Buffer.alloc(3 * 4096, 0xff);
  const page = image.subarray(0, 4096);
  page.writeUInt32LE(0xfffffffe, 0);
  page.writeUInt32LE(0, 4);
  page[8] = 0xfe;
  page.writeUInt32LE(crc32(page.subarray(4, 28), 0xffffffff), 28);
  const text = Buffer.from(`${value}\0`);
  const span = 1 + Math.ceil(text.length / 32);
  const entry = (at: number, head: readonly number[], key: string, fill: (row: Buffer) => void): void => {
    const row = page.subarray(64 + 32 * at, 96 + 32 * at);
    row.fill(0, 8, 24);
    row.set(head);
    row.write(key, 8, 15, "latin1");
    fill(row);
    row.writeUInt32LE(crc32(row.subarray(8), crc32(row.subarray(0, 4), 0xffffffff)), 4);
  };
  entry(0, [0, 0x01, 1, 0xff], "esp32-jobs", (row) => (row[24] = 1));
  entry(1, [1, 0x21, span, 0xff], "thingName", (row) => {
    row.writeUInt16LE(text.length, 24);
    row.writeUInt32LE(crc32(text, 0xffffffff), 28);
  });
  text.copy(page, 64 + 64);
  for (let at = 0; at < 1 + span; at++) page[32 + (at >> 2)]! &= ~(0b01 << ((at & 3) * 2));
  return image;
}

const made: string[] = [];
afterAll(() => made.splice(0).forEach((dir) => rmSync(dir, { recursive: true, force: true })));

/** Writes a build into a folder of its own, which goes with the tests of the file, and gives the folder. */
export function makeBuild({ chip = "esp32", bundle = "print('hello')", version = "1.2.3", change }: BuildOptions = {}): string {
  const dir = mkdtempSync(join(tmpdir(), "esp32-jobs-build-"));
  made.push(dir);
  const modules = { init: readFileSync(join(root, "firmware/init.lua"), "utf8"), agent: bundle };
  const app = imageFor(buildImage({ version, project: "esp32-jobs", sizeBytes: 120_000, modules }), chip);
  const bootloader = `0x${chips[chip].bootloaderOffset.toString(16)}`;
  const files: Record<string, Buffer | string | undefined> = {
    "bootloader/bootloader.bin": imageFor(buildImage({ version: "", project: "bootloader", sizeBytes: 20_000 }), chip),
    "partition_table/partition-table.bin": partitionTable(),
    "ota_data_initial.bin": Buffer.alloc(0x2000, 0xff),
    "nodemcu.bin": app,
    flash_args: `--flash_mode dio --flash_freq 40m --flash_size 4MB
${bootloader} bootloader/bootloader.bin
0x20000 nodemcu.bin
0x8000 partition_table/partition-table.bin
0xf000 ota_data_initial.bin
`,
    "manifest.json": manifestOf(app, { chip, version }),
  };
  change?.(files);
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(join(dir, name, ".."), { recursive: true });
    if (contents !== undefined) writeFileSync(join(dir, name), contents);
  }
  return dir;
}

/** What manifest.json says of an image. */
export function manifestOf(image: Buffer, fields: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    version: "1.2.3",
    chip: "esp32",
    project: "esp32-jobs",
    image: "nodemcu.bin",
    size: image.length,
    md5: createHash("md5").update(image).digest("hex"),
    sha256: createHash("sha256").update(image).digest("hex"),
    ...fields,
  });
}
