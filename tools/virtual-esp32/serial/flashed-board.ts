/** What a flashed chip does after a reset: the boot loader reads table and images from the flash, and the virtual board runs them. */
import {
  isPartitionTable,
  parsePartitionTable,
  partitionTableBytes,
  partitionTableOffset,
  type Partition,
} from "../../firmware/partition-table";
import type { Board } from "../board";
import { imageBytesIn, soundImageIn } from "../image";
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

interface Contents {
  readonly bytes: Buffer;
  /** How often it was erased, from outside. */
  readonly erases: number;
}

const nothingThere: Contents = { bytes: Buffer.alloc(0), erases: 0 };

function contentsOf(flash: NorFlash, label: string): Contents | undefined {
  const found = partitionsIn(flash).find((partition) => partition.label === label);
  if (found === undefined) return undefined;
  const { offset, sizeBytes } = found;
  return { bytes: flash.bytes.subarray(offset, offset + sizeBytes), erases: flash.erasesIn(offset, sizeBytes) };
}

/** The contents of a partition by its label; undefined where there is none. */
export function readPartition(flash: NorFlash, label: string): Buffer | undefined {
  return contentsOf(flash, label)?.bytes;
}

/** Lets a virtual board run what is in the flash behind a serial port; its console goes to that port. */
export function bootsFromFlash(board: Board): NonNullable<SerialBoardOptions["boot"]> {
  // When a slot or NVS was taken over from the flash: until the loader writes there again, the board's own, which updates and records change, is newer.
  const taken = new Map<string, number>();
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
    const slots = slotNames.map((name) => {
      const { bytes, erases } = contentsOf(flash, name) ?? nothingThere;
      return { name, image: bytes.subarray(0, imageBytesIn(bytes) ?? 0), erases };
    });
    // A board that was updated has an image of its own even then.
    if (taken.size === 0 && slots.every(({ image }) => soundImageIn(image) === undefined)) {
      say("E boot: No bootable app partitions in the partition table");
      return nothing;
    }
    for (const { name, image, erases } of slots) {
      if (taken.get(name) === erases || soundImageIn(image) === undefined) continue;
      taken.set(name, erases);
      board.flash(name, image);
    }
    const nvs = contentsOf(flash, "nvs") ?? nothingThere;
    if (taken.get("nvs") !== nvs.erases) board.nvs.flash(nvs.bytes);
    taken.set("nvs", nvs.erases);
    const quiet = board.on("console", (text) => print(Buffer.from(text)));
    board.powerOn();
    return {
      type: board.type,
      stop() {
        quiet();
        board.powerOff();
      },
    };
  };
}
