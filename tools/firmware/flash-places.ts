/** Whether each piece fits its place in flash: within its partition, on whole sectors, beside the others. */
import type { FlashPart } from "./flash-plan";
import { dataSubtypes, partitionTableBytes, partitionTableOffset, partitionTypes, type Partition } from "./partition-table";
import { FirmwareProblem } from "./problem";

/** Flash is erased by sectors: writing to a part of one would take the rest along. */
const sectorBytes = 0x1000;

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** Where the identity goes: the first NVS partition. */
export function identityPlace(partitions: readonly Partition[]): Partition {
  const place = partitions.find(({ type, subtype }) => type === partitionTypes.data && subtype === dataSubtypes.nvs);
  if (place === undefined) throw new FirmwareProblem("the partition table has no NVS partition for an identity");
  return place;
}

/** How much a piece at this offset may have; what lies before the table is the boot loader's. */
function roomAt(offset: number, partitions: readonly Partition[]): { readonly name: string; readonly sizeBytes: number } | undefined {
  if (offset < partitionTableOffset) return { name: "the room before the partition table", sizeBytes: partitionTableOffset - offset };
  if (offset === partitionTableOffset) return { name: "the room for the partition table", sizeBytes: partitionTableBytes };
  const partition = partitions.find((candidate) => candidate.offset === offset);
  return partition === undefined ? undefined : { name: `the partition ${partition.label}`, sizeBytes: partition.sizeBytes };
}

/** Refuses pieces that do not fit their partition, the flash, or each other. */
export function checkPlaces(parts: readonly FlashPart[], partitions: readonly Partition[], flashSizeBytes: number): void {
  for (const partition of partitions) {
    if (partition.offset + partition.sizeBytes > flashSizeBytes)
      throw new FirmwareProblem(`the partition ${partition.label} ends behind the flash of ${flashSizeBytes} bytes`);
  }
  for (const { name, offset, bytes } of parts) {
    if (offset % sectorBytes !== 0)
      throw new FirmwareProblem(`${name} is to go to ${hex(offset)}, which is no start of a sector of 4096 bytes`);
    const room = roomAt(offset, partitions);
    if (room === undefined) throw new FirmwareProblem(`${name} is to go to ${hex(offset)}, where no partition begins`);
    if (bytes.length > room.sizeBytes)
      throw new FirmwareProblem(`${name} has ${bytes.length} bytes, and ${room.name} only ${room.sizeBytes}`);
  }
  const sorted = [...parts].sort((a, b) => a.offset - b.offset);
  sorted.slice(1).forEach((part, index) => {
    const before = sorted[index]!;
    if (part.offset < before.offset + before.bytes.length)
      throw new FirmwareProblem(`${before.name} and ${part.name} overlap at ${hex(part.offset)}`);
  });
}
