/** A flash chip: erasing sets bits of whole sectors, writing only clears them. */
import { createHash } from "node:crypto";

export const sectorBytes = 0x1000;

export interface NorFlash {
  readonly bytes: Buffer;
  readonly sizeBytes: number;
  /** Erases all sectors that a range touches. */
  erase(offset: number, sizeBytes: number): void;
  /** False when a part lies outside. */
  write(offset: number, bytes: Uint8Array): boolean;
  md5(offset: number, sizeBytes: number): Buffer;
}

/** `stuckAt` is the address of a byte that keeps its old value, as worn-out cells do. */
export function createNorFlash(sizeBytes: number, stuckAt?: number): NorFlash {
  // What a chip brings along from an earlier life: a write without an erase shows.
  const bytes = Buffer.alloc(sizeBytes, 0xa5);
  return {
    bytes,
    sizeBytes,
    erase(offset, size) {
      const from = Math.floor(offset / sectorBytes) * sectorBytes;
      bytes.fill(0xff, from, Math.min(sizeBytes, Math.ceil((offset + size) / sectorBytes) * sectorBytes));
    },
    write(offset, data) {
      if (offset + data.length > sizeBytes) return false;
      for (let i = 0; i < data.length; i++) if (offset + i !== stuckAt) bytes[offset + i]! &= data[i]!;
      return true;
    },
    md5: (offset, size) =>
      createHash("md5")
        .update(bytes.subarray(offset, offset + size))
        .digest(),
  };
}
