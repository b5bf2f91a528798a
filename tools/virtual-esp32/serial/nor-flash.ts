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
  /** How often sectors of a range were erased: whoever has written into it has erased it before. */
  erasesIn(offset: number, sizeBytes: number): number;
}

/** `stuckAt` is the address of a byte that keeps its old value, as worn-out cells do. */
export function createNorFlash(sizeBytes: number, stuckAt?: number): NorFlash {
  // What a chip brings along from an earlier life: a write without an erase shows.
  const bytes = Buffer.alloc(sizeBytes, 0xa5);
  const erases = new Uint32Array(sizeBytes / sectorBytes);
  return {
    bytes,
    sizeBytes,
    erase(offset, size) {
      const first = Math.floor(offset / sectorBytes);
      const end = Math.min(erases.length, Math.ceil((offset + size) / sectorBytes));
      bytes.fill(0xff, first * sectorBytes, end * sectorBytes);
      for (let sector = first; sector < end; sector++) erases[sector]!++;
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
    erasesIn: (offset, size) => erases.subarray(offset / sectorBytes, (offset + size) / sectorBytes).reduce((sum, count) => sum + count, 0),
  };
}
