/**
 * Reads an image of an NVS partition, and refuses one in which anything does not add up. Written from Espressif's description of the
 * format alone (docs/en/api-reference/storage/nvs_flash.rst, "Internals"), with nothing of the writer: each holds the other to it.
 */
import { crc32 } from "node:zlib";
import { FirmwareProblem } from "../problem";
import type { NvsEntry, NvsIntegerType } from "./values";

/** The image holds no sound NVS partition. The message is one sentence. */
export class NvsDamage extends FirmwareProblem {}

/** What a partition holds. */
export interface NvsContents {
  /** In the order in which they were written. */
  readonly entries: readonly NvsEntry[];
  /** Entries that were written and taken back; an image that no board has run on has none. */
  readonly erasedEntries: number;
}

/** One record: an integer, a text, a whole old blob, a piece of a new one, or what holds the pieces together. */
interface Item {
  readonly where: string;
  readonly ns: number;
  readonly type: number;
  readonly chunkIndex: number;
  readonly key: string;
  /** The last eight bytes of its first entry. */
  readonly data: Buffer;
  /** What follows in further entries. */
  readonly payload: Buffer;
}

const sector = 4096;
const slotsOfPage = 126;

const integers = new Map<number, NvsIntegerType>([
  [0x01, "u8"],
  [0x11, "i8"],
  [0x02, "u16"],
  [0x12, "i16"],
  [0x04, "u32"],
  [0x14, "i32"],
  [0x08, "u64"],
  [0x18, "i64"],
]);
const text = 0x21;
const oldBlob = 0x41;
const piece = 0x42;
const index = 0x48;

const blank = Buffer.alloc(sector, 0xff);
const isBlank = (bytes: Buffer): boolean => bytes.equals(blank.subarray(0, bytes.length));
const sumOf = (...parts: readonly Buffer[]): number =>
  parts.reduce((sum, part) => (part.length === 0 ? sum : crc32(part, sum)), 0xffffffff);

function damaged(sentence: string): never {
  throw new NvsDamage(sentence);
}

/** The items of a page, in order, and how many of its entries are erased. */
function itemsOf(page: Buffer, number: number): { readonly items: readonly Item[]; readonly erased: number } {
  const stateOf = (slot: number): number => (page.readUInt8(32 + Math.floor(slot / 4)) >> (2 * (slot % 4))) & 3;
  const slot = (at: number): Buffer => page.subarray(64 + 32 * at, 96 + 32 * at);
  const items: Item[] = [];
  let erased = 0;
  let at = 0;
  while (at < slotsOfPage) {
    const where = `entry ${at} of page ${number}`;
    const state = stateOf(at);
    if (state === 0b00) erased++;
    else if (state === 0b01) damaged(`${where} is in a state that does not exist`);
    else if (state === 0b11 && !isBlank(slot(at))) damaged(`${where} is marked as empty and is not`);
    if (state !== 0b10) {
      at++;
      continue;
    }
    const first = slot(at);
    if (sumOf(first.subarray(0, 4), first.subarray(8)) !== first.readUInt32LE(4)) damaged(`${where} has a wrong CRC`);
    const [ns = 0, type = 0, span = 0, chunkIndex = 0] = first;
    const data = first.subarray(24);
    const rest = Array.from({ length: Math.max(0, span - 1) }, (_, n) => at + 1 + n);
    if (span === 0 || at + span > slotsOfPage) damaged(`${where} does not end within its page`);
    if (rest.some((other) => stateOf(other) !== 0b10)) damaged(`the value of ${where} is not there in full`);
    const key = first.subarray(8, 24);
    const end = key.indexOf(0);
    if (end < 1) damaged(`${where} has no key`);
    let payload = Buffer.alloc(0);
    if ([text, oldBlob, piece].includes(type)) {
      const length = data.readUInt16LE(0);
      if (Math.ceil(length / 32) !== span - 1) damaged(`${where} has a wrong length`);
      payload = Buffer.concat(rest.map(slot)).subarray(0, length);
      if (sumOf(payload) !== data.readUInt32LE(4)) damaged(`the value of ${where} has a wrong CRC`);
    } else if (span !== 1) damaged(`${where} has a wrong length`);
    items.push({ where, ns, type, chunkIndex, key: key.toString("latin1", 0, end), data, payload });
    at += span;
  }
  return { items, erased };
}

interface Page {
  readonly sequence: number;
  readonly items: readonly Item[];
  readonly erased: number;
  readonly isActive: boolean;
}

/** Undefined for an empty page. */
function readPage(page: Buffer, number: number): Page | undefined {
  if (isBlank(page)) return undefined;
  const state = page.readUInt32LE(0);
  // Of the states, "erasing" (0xfffffff8) is left when the power goes; whoever reads an image has nothing to finish it with.
  if (state !== 0xfffffffe && state !== 0xfffffffc) damaged(`page ${number} is neither active nor full`);
  if (sumOf(page.subarray(4, 28)) !== page.readUInt32LE(28)) damaged(`the header of page ${number} has a wrong CRC`);
  if (page[8] !== 0xfe && page[8] !== 0xff) damaged(`page ${number} has a version that is not known`);
  return { sequence: page.readUInt32LE(4), isActive: state === 0xfffffffe, ...itemsOf(page, number) };
}

function integerOf({ data }: Item, type: NvsIntegerType): bigint {
  const bits = Number(type.slice(1));
  const word = data.readBigUInt64LE(0);
  return type.startsWith("i") ? BigInt.asIntN(bits, word) : BigInt.asUintN(bits, word);
}

function textOf({ payload, where }: Item): string {
  if (payload.at(-1) !== 0) damaged(`the text of ${where} does not end`);
  return payload.toString("utf8", 0, payload.length - 1);
}

/** The pieces that an index names, put together; they are taken out of `pieces`. */
function blobOf(head: Item, pieces: Map<string, Item>): Buffer {
  const size = head.data.readUInt32LE(0);
  const [, , , , count = 0, start = 0] = head.data;
  const parts = Array.from({ length: count }, (_, n) => {
    const name = `${head.ns} ${start + n} ${head.key}`;
    const part = pieces.get(name);
    pieces.delete(name);
    return part?.payload ?? damaged(`"${head.key}" misses piece ${n + 1} of ${count}`);
  });
  const blob = Buffer.concat(parts);
  if (blob.length !== size) damaged(`"${head.key}" has ${blob.length} bytes instead of ${size}`);
  return blob;
}

/** Everything that an image holds. Refuses a damaged one. */
export function readNvs(image: Uint8Array): NvsContents {
  const bytes = Buffer.from(image);
  if (bytes.length === 0 || bytes.length % sector !== 0) damaged(`its length, ${bytes.length} bytes, is no multiple of ${sector}`);
  if (bytes.length < 3 * sector) damaged("it has fewer than three pages");
  const all = Array.from({ length: bytes.length / sector }, (_, n) => readPage(bytes.subarray(n * sector, (n + 1) * sector), n));
  const pages = all.filter((page) => page !== undefined).sort((a, b) => a.sequence - b.sequence);
  if (pages.length === 0) damaged("nothing is in it");
  if (pages.length === all.length) damaged("no page is empty, and NVS needs one");
  if (pages.some((page, n) => page.sequence === pages[n + 1]?.sequence)) damaged("two pages have the same place in the order");
  if (pages.slice(0, -1).some(({ isActive }) => isActive)) damaged("a page that is not the last is still open");

  const items = pages.flatMap((page) => page.items);
  const pieces = new Map(items.filter(({ type }) => type === piece).map((item) => [`${item.ns} ${item.chunkIndex} ${item.key}`, item]));
  const namespaces = new Map<number, string>();
  for (const item of items) {
    if (item.ns === 0 && item.type !== 0x01) damaged(`${item.where} is no name of a namespace`);
    if (item.ns === 0) namespaces.set(item.data[0] ?? 0, item.key);
  }
  const entries: NvsEntry[] = [];
  const seen = new Set<string>();
  for (const item of items) {
    const { ns, type, key, where } = item;
    if (ns === 0 || type === piece) continue;
    const namespace = namespaces.get(ns) ?? damaged(`${where} is in a namespace that does not exist`);
    if (seen.has(`${ns} ${key}`)) damaged(`"${key}" is there twice`);
    seen.add(`${ns} ${key}`);
    const integer = integers.get(type);
    if (integer !== undefined) entries.push({ namespace, key, value: { type: integer, value: integerOf(item, integer) } });
    else if (type === text) entries.push({ namespace, key, value: textOf(item) });
    else if (type === oldBlob) entries.push({ namespace, key, value: item.payload });
    else if (type === index) entries.push({ namespace, key, value: blobOf(item, pieces) });
    else damaged(`${where} is of a type that is not known`);
  }
  for (const { key } of pieces.values()) damaged(`a piece of "${key}" belongs to nothing`);
  return { entries, erasedEntries: pages.reduce((sum, { erased }) => sum + erased, 0) };
}
