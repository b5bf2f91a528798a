/** Whether an image for the NVS partition is sound: ESP-IDF, "NVS: internals". Pages of 4096 bytes: a header, a bitmap of two bits per entry, 126 entries. */
import { crc32 } from "node:zlib";

const pageBytes = 4096;
const entryBytes = 32;
const entriesOfPage = 126;
const firstEntry = 64;
/** Empty is written to next, full and active hold entries; the others are steps of moving a page. */
const pageStates: readonly number[] = [0xffffffff, 0xfffffffe, 0xfffffffc, 0xfffffff8, 0xfffffff0];
const written = 0b10;
/** Types whose value is in the entries that follow: string, blob, part of a blob. */
const longTypes: readonly number[] = [0x21, 0x41, 0x42];

/** NVS begins its CRC-32 with all ones (nvs_partition_gen.py: `zlib.crc32(data, 0xFFFFFFFF)`). */
function crc(...parts: readonly Buffer[]): number {
  return parts.reduce((sum, part) => crc32(part, sum), 0xffffffff);
}

function problemOfPage(page: Buffer, number: number): string | undefined {
  if (!pageStates.includes(page.readUInt32LE(0))) return `page ${number} has no valid state`;
  if (page.every((byte) => byte === 0xff)) return undefined;
  if (crc(page.subarray(4, 28)) !== page.readUInt32LE(28)) return `the header of page ${number} has a wrong CRC`;
  const entry = (index: number): Buffer => page.subarray(firstEntry + index * entryBytes, firstEntry + (index + 1) * entryBytes);
  for (let index = 0; index < entriesOfPage;) {
    const state = (page[32 + (index >> 2)]! >> ((index & 3) * 2)) & 0b11;
    if (state !== written) {
      index++;
      continue;
    }
    const row = entry(index);
    const span = row[2]!;
    const where = `page ${number}, entry ${index}`;
    if (span === 0 || index + span > entriesOfPage) return `${where} has a wrong length`;
    if (crc(row.subarray(0, 4), row.subarray(8)) !== row.readUInt32LE(4)) return `${where} has a wrong CRC`;
    if (longTypes.includes(row[1]!)) {
      const length = row.readUInt16LE(24);
      const start = firstEntry + (index + 1) * entryBytes;
      if (length > (span - 1) * entryBytes) return `${where} has a wrong length`;
      if (crc(page.subarray(start, start + length)) !== row.readUInt32LE(28)) return `the value of ${where} has a wrong CRC`;
    }
    index += span;
  }
  return undefined;
}

/** What is wrong with an NVS image; undefined when it is sound. */
export function findNvsProblem(image: Buffer): string | undefined {
  // One page stays empty for moving the others: a partition has three at least.
  if (image.length === 0 || image.length % pageBytes !== 0) return `its length, ${image.length} bytes, is no multiple of ${pageBytes}`;
  if (image.length < 3 * pageBytes) return "it has fewer than three pages";
  if (image.every((byte) => byte === 0xff)) return "nothing is in it";
  for (let at = 0; at < image.length; at += pageBytes) {
    const problem = problemOfPage(image.subarray(at, at + pageBytes), at / pageBytes);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
