/** What a finished build is, copied into one folder: images, flash_args and manifest.json, each checked against its partition. */
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { findImageProblem, readDescription } from "../../virtual-esp32/image";
import { chips, type ChipName } from "../chips";
import { flashSizeOf, parseFlashArgs } from "../flash-args";
import { hex } from "../flash-places";
import { planFlash } from "../flash-plan";
import { parsePartitionTable, partitionTableOffset, type Partition } from "../partition-table";
import { slotsOf } from "../partitions-csv";
import { FirmwareProblem } from "../problem";

/** The size of a file or image, and how large it may be. */
export interface Size {
  readonly name: string;
  readonly bytes: number;
  readonly limitBytes: number;
}

export interface Built {
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly sizes: readonly Size[];
}

export interface CollectRequest {
  /** The clone's `build`. */
  readonly build: string;
  readonly out: string;
  readonly chip: ChipName;
  readonly version: string;
  readonly partitions: readonly Partition[];
  readonly flashBytes: number;
  readonly lfsBytes: number;
  readonly commit: string;
}

function read(file: string): Buffer {
  if (!existsSync(file)) throw new FirmwareProblem(`the build left no ${basename(file)}`);
  return readFileSync(file);
}

/** The embedded Lua Flash Store fits its room, and is in the image: the link after it is known to miss that it changed. */
function checkLfs(build: string, image: Buffer, lfsBytes: number): Size {
  const file = join(build, "luac.out");
  const bytes = existsSync(file) ? statSync(file).size : 0;
  if (bytes > lfsBytes)
    throw new FirmwareProblem(
      `the Lua Flash Store has ${bytes} bytes, and its room ${lfsBytes}: raise CONFIG_NODEMCU_EMBEDDED_LFS_SIZE in firmware/sdkconfig.defaults`,
    );
  if (bytes < 16 || !image.includes(readFileSync(file).subarray(0, 256)))
    throw new FirmwareProblem("the image does not hold the Lua code: NodeMCU's tools/embed_lfs.sh has not worked");
  return { name: "Lua Flash Store", bytes, limitBytes: lfsBytes };
}

function checkTable(file: string, wanted: readonly Partition[]): void {
  const rows = (partitions: readonly Partition[]): string[] =>
    partitions.map(({ label, type, subtype, offset, sizeBytes }) => [label, type, subtype, hex(offset), hex(sizeBytes)].join(" ")).sort();
  if (rows(parsePartitionTable(read(file))).join("\n") !== rows(wanted).join("\n"))
    throw new FirmwareProblem("the build has another partition table than it was asked for");
}

function checkSizes(sizes: readonly Size[]): void {
  for (const { name, bytes, limitBytes } of sizes)
    if (bytes > limitBytes) throw new FirmwareProblem(`${name} has ${bytes} bytes, and there is room for ${limitBytes}`);
}

/** Copies and checks; afterwards `out` can be flashed. */
export function collect({ build, out, chip, version, partitions, flashBytes, lfsBytes, commit }: CollectRequest): Built {
  const args = parseFlashArgs(read(join(build, "flash_args")).toString("utf8"));
  if ((flashSizeOf(args) ?? flashBytes) !== flashBytes)
    throw new FirmwareProblem(`the build is for ${args.options["flash_size"]} of flash instead of ${flashBytes / 0x100000}MB`);
  const slot = slotsOf(partitions)[0]!;
  const at = (offset: number, what: string): string => {
    const file = args.files.find((candidate) => candidate.offset === offset)?.file;
    if (file === undefined) throw new FirmwareProblem(`the build's flash_args names no ${what} at ${hex(offset)}`);
    return file;
  };
  const appFile = at(slot.offset, "app image");
  checkTable(join(build, at(partitionTableOffset, "partition table")), partitions);
  const { bootloaderOffset } = chips[chip];
  const bootloader = read(join(build, at(bootloaderOffset, "boot loader")));
  const image = read(join(build, appFile));
  const sizes = [
    { name: "boot loader", bytes: bootloader.length, limitBytes: partitionTableOffset - bootloaderOffset },
    { name: "image", bytes: image.length, limitBytes: slot.sizeBytes },
    checkLfs(build, image, lfsBytes),
  ];
  checkSizes(sizes);
  const problem = findImageProblem(image, chips[chip].imageChipId);
  if (problem !== undefined) throw new FirmwareProblem(`the build's ${appFile} is not sound: ${problem}`);
  const description = readDescription(image);
  if (description?.version !== version)
    throw new FirmwareProblem(`the image says that it is version ${description?.version ?? "unknown"} instead of ${version}`);

  for (const { file } of args.files) copyFileSync(join(build, file), join(out, basename(file)));
  for (const extra of ["nodemcu.map", "nodemcu.elf"])
    if (existsSync(join(build, extra))) copyFileSync(join(build, extra), join(out, extra));
  const lines = args.files.map(({ offset, file }) => `${hex(offset)} ${basename(file)}`);
  writeFileSync(join(out, "flash_args"), `${args.words.join(" ")}\n${lines.join("\n")}\n`);
  const digest = (kind: string): string => createHash(kind).update(image).digest("hex");
  const manifest = {
    version,
    chip,
    project: description.project,
    image: basename(appFile),
    size: image.length,
    md5: digest("md5"),
    sha256: digest("sha256"),
    nodemcu: commit,
    flashBytes,
    slotBytes: slot.sizeBytes,
    lfsBytes: sizes[2]!.bytes,
    lfsLimitBytes: lfsBytes,
  };
  writeFileSync(join(out, "manifest.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  planFlash({ from: out });
  return { manifest, sizes };
}
