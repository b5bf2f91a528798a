/**
 * A page of an NVS partition while it is filled (nvs_flash.rst, "Structure of a Page"): a header of 32 bytes, 32 bytes with two bits
 * per entry, 126 entries.
 */
import { entryBytes, nvsCrc } from "./entry";

export const pageBytes = 4096;
export const entriesOfPage = 126;

const states = { active: 0xfffffffe, full: 0xfffffffc } as const;
/** Versions count downwards: 0xff was the format without blobs over more than one page. */
const version2 = 0xfe;
const offsets = { state: 0, sequence: 4, version: 8, crc: 28, bitmap: 32, entries: 64 } as const;

export interface NvsPage {
  readonly bytes: Buffer;
  readonly freeEntries: number;
  /** Takes whole entries, for which there must be room. */
  append(entries: Buffer): void;
  /** Nothing comes after this: at most one page of a partition is active. */
  close(): void;
}

/** `sequence` orders the pages of a partition. */
export function startPage(sequence: number): NvsPage {
  const bytes = Buffer.alloc(pageBytes, 0xff);
  bytes.writeUInt32LE(states.active, offsets.state);
  bytes.writeUInt32LE(sequence, offsets.sequence);
  bytes[offsets.version] = version2;
  bytes.writeUInt32LE(nvsCrc(bytes.subarray(offsets.sequence, offsets.crc)), offsets.crc);
  let used = 0;

  return {
    bytes,
    get freeEntries() {
      return entriesOfPage - used;
    },
    append(entries) {
      bytes.set(entries, offsets.entries + used * entryBytes);
      // From "empty" (binary 11) to "written" (10).
      for (const end = used + entries.length / entryBytes; used < end; used++)
        bytes[offsets.bitmap + (used >> 2)]! &= ~(1 << ((used & 3) * 2));
    },
    close() {
      bytes.writeUInt32LE(states.full, offsets.state);
    },
  };
}
