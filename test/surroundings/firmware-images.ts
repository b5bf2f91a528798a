/** Parts of a firmware build: its partition table, and images for other chips. Without vitest: the simulated NodeMCU build makes them, too. */
import { createHash } from "node:crypto";
import { chips, type ChipName } from "../../tools/firmware/chips";

type Row = readonly [label: string, type: number, subtype: number, offset: number, sizeBytes: number];

/** The rows of firmware/partitions.csv. */
export const rows: readonly Row[] = [
  ["nvs", 1, 0x02, 0x9000, 0x6000],
  ["otadata", 1, 0x00, 0xf000, 0x2000],
  ["phy_init", 1, 0x01, 0x11000, 0x1000],
  ["ota_0", 0, 0x10, 0x20000, 0x180000],
  ["ota_1", 0, 0x11, 0x1a0000, 0x180000],
  ["lfs", 0xc2, 0x01, 0x320000, 0x20000],
  ["storage", 1, 0x82, 0x340000, 0xc0000],
];

/** A partition table as gen_esp32part.py writes it. */
export function partitionTable(table: readonly Row[] = rows): Buffer {
  const bytes = Buffer.alloc(0xc00, 0xff);
  table.forEach(([label, type, subtype, offset, sizeBytes], index) => {
    const row = bytes.subarray(index * 32, index * 32 + 32).fill(0);
    row.set([0xaa, 0x50, type, subtype]);
    row.writeUInt32LE(offset, 4);
    row.writeUInt32LE(sizeBytes, 8);
    row.write(label, 12, 16, "latin1");
  });
  const at = table.length * 32;
  bytes.set([0xeb, 0xeb], at);
  createHash("md5")
    .update(bytes.subarray(0, at))
    .digest()
    .copy(bytes, at + 16);
  return bytes;
}

/** The same image for another chip: the id is in the header, which the digest at the end covers. */
export function imageFor(image: Buffer, chip: ChipName): Buffer {
  const body = Buffer.from(image.subarray(0, image.length - 32));
  body.writeUInt16LE(chips[chip].imageChipId, 12);
  return Buffer.concat([body, createHash("sha256").update(body).digest()]);
}
