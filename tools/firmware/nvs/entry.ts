/**
 * The 32-byte entries of an NVS page, as ESP-IDF writes them (docs/en/api-reference/storage/nvs_flash.rst, "Structure of Entry";
 * components/nvs_flash/src/nvs_types.hpp): namespace, type, span, chunk, CRC-32, 16 bytes of key, 8 bytes of data.
 */
import { crc32 } from "node:zlib";
import type { NvsIntegerType } from "./values";

export const entryBytes = 32;

const offsets = { namespace: 0, type: 1, span: 2, chunk: 3, crc: 4, key: 8, data: 24 } as const;
/** Of a string or a chunk: length, two bytes unused, CRC-32 of the value. Of an index: length, how many chunks, the first one's number. */
const dataOffsets = { length: 24, valueCrc: 28, chunkCount: 28, firstChunk: 29 } as const;

/** The low half is the size in bytes, 0x10 is a sign. */
const integerCodes: Readonly<Record<NvsIntegerType, number>> = {
  u8: 0x01,
  i8: 0x11,
  u16: 0x02,
  i16: 0x12,
  u32: 0x04,
  i32: 0x14,
  u64: 0x08,
  i64: 0x18,
};
const codes = { string: 0x21, chunk: 0x42, index: 0x48 } as const;

/** "Any chunk", for whatever is no chunk. */
const noChunk = 0xff;

/** Also the CRC of nothing, for which zlib gives 0 whatever it was to continue. */
const crcStart = 0xffffffff;

/** `esp_rom_crc32_le(0xffffffff, ...)`: the usual CRC-32, continued from all ones, which is not where the usual one begins. */
export function nvsCrc(bytes: Uint8Array): number {
  return bytes.length === 0 ? crcStart : crc32(bytes, crcStart);
}

/** Whose entry it is. */
export interface Name {
  readonly namespaceIndex: number;
  readonly key: string;
}

function entry(name: Name, type: number, span: number, chunk: number, fill: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(entryBytes, 0xff);
  bytes[offsets.namespace] = name.namespaceIndex;
  bytes[offsets.type] = type;
  bytes[offsets.span] = span;
  bytes[offsets.chunk] = chunk;
  bytes.fill(0, offsets.key, offsets.data).write(name.key, offsets.key, "latin1");
  fill(bytes);
  const covered = Buffer.concat([bytes.subarray(0, offsets.crc), bytes.subarray(offsets.key)]);
  bytes.writeUInt32LE(nvsCrc(covered), offsets.crc);
  return bytes;
}

function withValue(name: Name, type: number, chunk: number, value: Uint8Array): Buffer {
  const entries = Math.ceil(value.length / entryBytes);
  const head = entry(name, type, 1 + entries, chunk, (bytes) => {
    bytes.writeUInt16LE(value.length, dataOffsets.length);
    bytes.writeUInt32LE(nvsCrc(value), dataOffsets.valueCrc);
  });
  const padded = Buffer.alloc(entries * entryBytes, 0xff);
  padded.set(value);
  return Buffer.concat([head, padded]);
}

export function integerEntry(name: Name, type: NvsIntegerType, value: bigint): Buffer {
  const code = integerCodes[type];
  const size = code & 0x0f;
  return entry(name, code, 1, noChunk, (bytes) => {
    const word = Buffer.alloc(8);
    word.writeBigUInt64LE(BigInt.asUintN(64, value));
    word.copy(bytes, offsets.data, 0, size);
  });
}

/** `value` ends in its NUL. */
export function stringEntries(name: Name, value: Uint8Array): Buffer {
  return withValue(name, codes.string, noChunk, value);
}

/** A piece of a blob. */
export function chunkEntries(name: Name, chunk: number, value: Uint8Array): Buffer {
  return withValue(name, codes.chunk, chunk, value);
}

/** Of a blob: its length, and in how many pieces it is. */
export function indexEntry(name: Name, sizeBytes: number, chunkCount: number): Buffer {
  return entry(name, codes.index, 1, noChunk, (bytes) => {
    bytes.writeUInt32LE(sizeBytes, dataOffsets.length);
    bytes[dataOffsets.chunkCount] = chunkCount;
    bytes[dataOffsets.firstChunk] = 0;
  });
}
