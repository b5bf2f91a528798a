/** What goes where in a board's flash, read from a build and checked as a whole before anything is written. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chips, type ChipName } from "./chips";
import { checkImage, checkManifest } from "./image-check";
import { flashSizeOf, parseFlashArgs, type FlashArgs } from "./flash-args";
import { parseManifest } from "./manifest";
import { findNvsProblem } from "./nvs-check";
import { checkPlaces, hex, identityPlace } from "./flash-places";
import { isPartitionTable, parsePartitionTable, partitionTableOffset, partitionTypes, type Partition } from "./partition-table";
import { FirmwareProblem } from "./problem";

/** One piece of the flash. */
export interface FlashPart {
  /** The file's name, for messages. */
  readonly name: string;
  /** The file itself, for programs that read it. */
  readonly path: string;
  readonly offset: number;
  readonly bytes: Buffer;
}

export interface FlashPlan {
  readonly chip: ChipName;
  readonly version: string;
  readonly project: string;
  /** The least revision of the chip, 100 times its major number and its minor one: the boot loader starts no image that wants a later one. */
  readonly minRevision: number;
  /** The least flash the board must have. */
  readonly flashSizeBytes: number;
  readonly parts: readonly FlashPart[];
  /** The name of the piece that is the identity; undefined where the board keeps what it has. */
  readonly identity: string | undefined;
  /** esptool's options from `flash_args`. */
  readonly words: readonly string[];
}

export interface FlashSource {
  /** The folder with `flash_args`, `manifest.json` and the images. */
  readonly from: string;
  /** An image for the NVS partition, with the board's identity. */
  readonly identity?: string;
}

const megabyte = 0x100000;

function readPart(path: string, name: string, offset: number): FlashPart {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new FirmwareProblem(code === "ENOENT" ? `${path} is missing` : `${path} cannot be read: ${code}`);
  }
  if (bytes.length === 0) throw new FirmwareProblem(`${path} is empty`);
  return { name, path, offset, bytes };
}

function readText(from: string, name: string): string {
  const path = join(from, name);
  if (!existsSync(path))
    throw new FirmwareProblem(`${path} is missing: build the firmware first, with: make firmware NODEMCU=/path/to/nodemcu`);
  return readFileSync(path, "utf8");
}

/** The boot loader's header says how it reads the flash; esptool would write the options there, we write files as they are (esp_image_format.h). */
function checkBootloader({ path, bytes }: FlashPart, { options }: FlashArgs): void {
  const modes = ["qio", "qout", "dio", "dout"];
  const frequencies: Readonly<Record<number, string>> = { 0: "40m", 1: "26m", 2: "20m", 0xf: "80m" };
  const header = {
    flash_mode: modes[bytes[2] ?? 0],
    flash_freq: frequencies[(bytes[3] ?? 0) & 0xf],
    flash_size: `${1 << ((bytes[3] ?? 0) >> 4)}MB`,
  };
  for (const [name, inHeader] of Object.entries(header)) {
    const wanted = options[name];
    if (wanted !== undefined && wanted !== "keep" && wanted !== "detect" && wanted !== inHeader)
      throw new FirmwareProblem(`${path} has ${name} ${inHeader} in its header, and flash_args ${wanted}: build again`);
  }
}

/** The boot loader takes the flash for as large as its header says, and refuses a table that goes beyond (bootloader_support, flash_partitions.c). */
function checkTableFits({ path, bytes }: FlashPart, endBytes: number): void {
  const sizeBytes = megabyte << ((bytes[3] ?? 0) >> 4);
  if (endBytes > sizeBytes)
    throw new FirmwareProblem(
      `${path} takes the flash for ${sizeBytes / megabyte} MB, and the partition table ends at ${hex(endBytes)}: build again with one flash size for both`,
    );
}

function readIdentity(path: string, partitions: readonly Partition[]): FlashPart {
  const place = identityPlace(partitions);
  const part = readPart(path, path, place.offset);
  const problem = findNvsProblem(part.bytes);
  if (problem !== undefined) throw new FirmwareProblem(`${path} is no sound identity image: ${problem}`);
  if (part.bytes.length > place.sizeBytes)
    throw new FirmwareProblem(`${path} has ${part.bytes.length} bytes, and the partition ${place.label} ${place.sizeBytes}`);
  // Pages of an earlier identity behind a shorter image would still count.
  const bytes = Buffer.alloc(place.sizeBytes, 0xff);
  part.bytes.copy(bytes);
  return { ...part, bytes };
}

/** Reads and checks what a board is to be flashed with; refuses with one sentence. */
export function planFlash({ from, identity }: FlashSource): FlashPlan {
  const args = parseFlashArgs(readText(from, "flash_args"));
  const manifest = parseManifest(readText(from, "manifest.json"));
  const files = args.files.map(({ file, offset }) => readPart(join(from, file), file, offset));
  const table = files.find(({ offset }) => offset === partitionTableOffset);
  if (table === undefined || !isPartitionTable(table.bytes))
    throw new FirmwareProblem(`flash_args names no partition table at ${hex(partitionTableOffset)}`);
  const partitions = parsePartitionTable(table.bytes);
  const parts = identity === undefined ? files : [...files, readIdentity(identity, partitions)];
  const image = parts.find(({ name }) => name === manifest.image);
  if (image === undefined) throw new FirmwareProblem(`flash_args does not name ${manifest.image}, the image in manifest.json`);
  const isApp = ({ offset }: FlashPart): boolean =>
    partitions.some((partition) => partition.type === partitionTypes.app && partition.offset === offset);
  if (!isApp(image)) throw new FirmwareProblem(`${manifest.image} is to go to ${hex(image.offset)}, where no app partition begins`);
  const { title, bootloaderOffset } = chips[manifest.chip];
  const bootloader = parts.find(({ offset }) => offset === bootloaderOffset);
  const astray = parts.find((part) => part.offset < partitionTableOffset && part !== bootloader);
  if (astray !== undefined)
    throw new FirmwareProblem(
      `${astray.name} is to go to ${hex(astray.offset)}; the boot loader of the ${title} is at ${hex(bootloaderOffset)}`,
    );
  if (bootloader !== undefined) checkBootloader(bootloader, args);
  const images = parts.filter((part) => part === bootloader || isApp(part));
  for (const { path, bytes } of images) checkImage(path, bytes, manifest.chip);
  // esp_image_header_t, min_chip_rev_full.
  const minRevision = Math.max(...images.map(({ bytes }) => bytes.readUInt16LE(15)));
  checkManifest(image.path, image.bytes, manifest);
  const end = Math.max(...partitions.map(({ offset, sizeBytes }) => offset + sizeBytes));
  const flashSizeBytes = flashSizeOf(args) ?? Math.ceil(end / megabyte) * megabyte;
  checkPlaces(parts, partitions, flashSizeBytes);
  if (bootloader !== undefined) checkTableFits(bootloader, end);
  return {
    chip: manifest.chip,
    version: manifest.version,
    project: manifest.project,
    minRevision,
    flashSizeBytes,
    parts,
    identity,
    words: args.words,
  };
}
