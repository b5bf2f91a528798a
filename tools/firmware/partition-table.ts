/** Partition tables as they are in flash (ESP-IDF, partition table docs and gen_esp32part.py): rows of 32 bytes, then a row with the MD5 of those. */
import { createHash } from "node:crypto";
import { FirmwareProblem } from "./problem";

/** Where the boot loader looks for it: CONFIG_PARTITION_TABLE_OFFSET, which NodeMCU leaves as it is. */
export const partitionTableOffset = 0x8000;
/** The room that is kept for it: 0xC00 bytes of rows, in one sector. */
export const partitionTableBytes = 0x1000;

export const partitionTypes = { app: 0x00, data: 0x01 } as const;
export const dataSubtypes = { ota: 0x00, phy: 0x01, nvs: 0x02, spiffs: 0x82 } as const;

export interface Partition {
  readonly label: string;
  readonly type: number;
  readonly subtype: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

const rowBytes = 32;
const rowMagic = 0x50aa;
const md5Magic = 0xebeb;
const emptyMagic = 0xffff;

/** Whether bytes look like a partition table at all. */
export function isPartitionTable(bytes: Buffer): boolean {
  return bytes.length >= rowBytes && bytes.readUInt16LE(0) === rowMagic;
}

/** The partitions in a table; refuses a broken one. */
export function parsePartitionTable(bytes: Buffer): Partition[] {
  const partitions: Partition[] = [];
  for (let at = 0; at + rowBytes <= bytes.length; at += rowBytes) {
    const row = bytes.subarray(at, at + rowBytes);
    const magic = row.readUInt16LE(0);
    if (magic === emptyMagic) break;
    if (magic === md5Magic) {
      const digest = createHash("md5").update(bytes.subarray(0, at)).digest();
      if (!digest.equals(row.subarray(16))) throw new FirmwareProblem("the partition table is damaged: its MD5 is wrong");
      return partitions;
    }
    if (magic !== rowMagic) throw new FirmwareProblem(`the partition table is damaged: row ${at / rowBytes + 1} is none`);
    partitions.push({
      type: row[2]!,
      subtype: row[3]!,
      offset: row.readUInt32LE(4),
      sizeBytes: row.readUInt32LE(8),
      label: row.toString("latin1", 12, 28).replace(/\0.*$/s, ""),
    });
  }
  if (partitions.length === 0) throw new FirmwareProblem("the partition table is empty");
  return partitions;
}
