/** What a flashed chip does after a reset: the boot loader reads table and images from the flash, and the virtual board runs them. */
import { createHash } from "node:crypto";
import {
  isPartitionTable,
  parsePartitionTable,
  partitionTableBytes,
  partitionTableOffset,
  type Partition,
} from "../../firmware/partition-table";
import type { Board } from "../board";
import { soundImageIn } from "../image";
import { slotNames } from "../otadata";
import type { Firmware, SerialBoardOptions } from "./board";
import type { NorFlash } from "./nor-flash";

/** Where the ROM of an ESP32 looks for its boot loader. */
const bootloaderOffset = 0x1000;
const imageMagic = 0xe9;

/** The partitions in a flash; none where there is no table. */
export function partitionsIn({ bytes }: NorFlash): Partition[] {
  const table = bytes.subarray(partitionTableOffset, partitionTableOffset + partitionTableBytes);
  return isPartitionTable(table) ? parsePartitionTable(table) : [];
}

/** The contents of a partition by its label; undefined where there is none. */
export function readPartition(flash: NorFlash, label: string): Buffer | undefined {
  const found = partitionsIn(flash).find((partition) => partition.label === label);
  return found === undefined ? undefined : flash.bytes.subarray(found.offset, found.offset + found.sizeBytes);
}

/** What of a slot counts: all up to where it is erased to its end. */
function withoutErasedEnd(slot: Buffer): Buffer {
  let end = slot.length;
  while (end > 0 && slot[end - 1] === 0xff) end--;
  return slot.subarray(0, end);
}

/** Lets a virtual board run what is in the flash behind a serial port; its console goes to that port. */
export function bootsFromFlash(board: Board): NonNullable<SerialBoardOptions["boot"]> {
  // What a slot or NVS was flashed with: as long as that is in the flash, the board's own, which updates and records change, is the newer one.
  const flashed = new Map<string, string>();
  return (flash, print): Firmware => {
    const say = (line: string): void => print(Buffer.from(`${line}\r\n`));
    const nothing: Firmware = { type: () => undefined, stop: () => undefined };
    if (flash.bytes[bootloaderOffset] !== imageMagic) {
      say(`invalid header: 0x${flash.bytes.readUInt32LE(bootloaderOffset).toString(16)}`);
      return nothing;
    }
    if (partitionsIn(flash).length === 0) {
      say("E (48) flash_parts: partition 0 invalid magic number");
      return nothing;
    }
    const slots = slotNames.map((name) => ({ name, contents: withoutErasedEnd(readPartition(flash, name) ?? Buffer.alloc(0)) }));
    // A board that was updated has an image of its own even then.
    if (flashed.size === 0 && slots.every(({ contents }) => soundImageIn(contents) === undefined)) {
      say("E boot: No bootable app partitions in the partition table");
      return nothing;
    }
    for (const { name, contents } of slots) {
      const digest = createHash("sha256").update(contents).digest("hex");
      if (flashed.get(name) === digest || soundImageIn(contents) === undefined) continue;
      flashed.set(name, digest);
      board.flash(name, contents);
    }
    const nvs = readPartition(flash, "nvs") ?? Buffer.alloc(0);
    const digest = nvs.every((byte) => byte === 0xff) ? "" : createHash("sha256").update(nvs).digest("hex");
    if ((flashed.get("nvs") ?? "") !== digest) board.nvs.flash(nvs);
    flashed.set("nvs", digest);
    const quiet = board.on("line", say);
    board.powerOn();
    return {
      // The virtual board's Lua has no prompt.
      type: () => undefined,
      stop() {
        quiet();
        board.powerOff();
      },
    };
  };
}
