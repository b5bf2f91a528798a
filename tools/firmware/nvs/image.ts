/**
 * Writes an image for an NVS partition, for a board whose partition is then as if its own firmware had stored the values
 * (espressif/esp-idf, components/nvs_flash/src/nvs_storage.cpp and nvs_page.cpp; compared by reading with espressif/
 * esp-idf-nvs-partition-gen, nvs_partition_gen.py). Not encrypted.
 */
import { FirmwareProblem } from "../problem";
import { chunkEntries, entryBytes, indexEntry, integerEntry, stringEntries, type Name } from "./entry";
import { entriesOfPage, pageBytes, startPage, type NvsPage } from "./page";
import type { NvsEntry, NvsInteger } from "./values";

/** Values and pages have no room, or no form, in NVS. The message is one sentence that names the value. */
export class NvsProblem extends FirmwareProblem {}

/** nvs_page.hpp, CHUNK_MAX_SIZE: a page without its first entry. Also what a string may have, its NUL included. */
export const longestChunkBytes = (entriesOfPage - 1) * entryBytes;
/** nvs_storage.cpp: a blob does not begin in the rest of a page that is smaller than this, unless it fits. */
const leastFirstChunkBytes = longestChunkBytes / 10;
/** 0 is for the names of namespaces, 255 is no index (nvs_storage.cpp, mNamespaceUsage). */
const mostNamespaces = 254;
/** Chunks are numbered up to 0x7f; the upper half is for the next version of a blob (nvs_types.hpp, VerOffset). */
const mostChunks = 127;
const longestKey = 15;

/** What an image takes up. */
export interface NvsUse {
  readonly image: Buffer;
  /** Entries of 32 bytes that are left for the firmware, the page that must stay empty not counted. */
  readonly freeEntries: number;
}

function checkName(kind: string, name: string): void {
  if (name.length === 0) throw new NvsProblem(`a ${kind} in NVS must have a name`);
  if (name.length > longestKey)
    throw new NvsProblem(`the ${kind} "${name}" has ${name.length} characters, and NVS keeps at most ${longestKey}`);
  if (!/^[\x20-\x7e]+$/.test(name)) throw new NvsProblem(`the ${kind} ${JSON.stringify(name)} must be plain ASCII`);
}

function checkInteger(key: string, { type, value }: NvsInteger): void {
  const bits = Number(type.slice(1));
  const held = type.startsWith("i") ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  if (held !== value) throw new NvsProblem(`the value of "${key}", ${value}, does not fit ${type}`);
}

function textOf(key: string, value: string): Buffer {
  if (value.includes("\0")) throw new NvsProblem(`the text of "${key}" holds a NUL, at which it would end: store it as a blob`);
  const bytes = Buffer.from(`${value}\0`, "utf8");
  if (bytes.length > longestChunkBytes)
    throw new NvsProblem(
      `the text of "${key}" has ${bytes.length} bytes with its NUL, and one page holds ${longestChunkBytes}: store it as a blob`,
    );
  return bytes;
}

/** Values in the given order, each in as few pages as the firmware would use. Refuses what has no room or no form. */
export function writeNvs(entries: readonly NvsEntry[], sizeBytes: number): NvsUse {
  if (!Number.isInteger(sizeBytes) || sizeBytes % pageBytes !== 0 || sizeBytes < 3 * pageBytes)
    throw new NvsProblem(`an NVS partition has whole pages of ${pageBytes} bytes, at least three: ${sizeBytes} bytes are none`);
  // One page stays empty: without it the firmware does not mount the partition (ESP_ERR_NVS_NO_FREE_PAGES).
  const mostPages = sizeBytes / pageBytes - 1;
  const pages: NvsPage[] = [startPage(0)];
  let page = pages[0]!;
  let current = "";

  function turnPage(): void {
    if (pages.length === mostPages)
      throw new NvsProblem(
        `there is no room for "${current}": an NVS partition of ${sizeBytes} bytes holds ${mostPages} pages of ${pageBytes} bytes`,
      );
    page.close();
    page = startPage(pages.length);
    pages.push(page);
  }

  function put(bytes: Buffer): void {
    if (bytes.length > page.freeEntries * entryBytes) turnPage();
    page.append(bytes);
  }

  function putBlob(name: Name, value: Uint8Array): void {
    // What may still follow the entry with the chunk's name.
    const room = (): number => Math.max(0, page.freeEntries - 1) * entryBytes;
    if ((room() < value.length || page.freeEntries < 2) && room() < leastFirstChunkBytes) turnPage();
    let chunks = 0;
    let at = 0;
    do {
      const chunk = value.subarray(at, at + room());
      if (chunks === mostChunks) throw new NvsProblem(`the blob "${name.key}" has ${value.length} bytes, more than NVS keeps`);
      page.append(chunkEntries(name, chunks, chunk));
      chunks++;
      at += chunk.length;
      if (at < value.length || page.freeEntries === 0) turnPage();
    } while (at < value.length);
    page.append(indexEntry(name, value.length, chunks));
  }

  const namespaces = new Map<string, number>();
  function indexOf(namespace: string): number {
    const known = namespaces.get(namespace);
    if (known !== undefined) return known;
    checkName("namespace", namespace);
    if (namespaces.size === mostNamespaces) throw new NvsProblem(`there are more than ${mostNamespaces} namespaces`);
    const index = namespaces.size + 1;
    put(integerEntry({ namespaceIndex: 0, key: namespace }, "u8", BigInt(index)));
    namespaces.set(namespace, index);
    return index;
  }

  const seen = new Set<string>();
  for (const { namespace, key, value } of entries) {
    current = `${namespace}/${key}`;
    checkName("key", key);
    const name: Name = { namespaceIndex: indexOf(namespace), key };
    const identity = `${name.namespaceIndex} ${key}`;
    if (seen.has(identity)) throw new NvsProblem(`the key "${current}" is given twice`);
    seen.add(identity);
    if (typeof value === "string") put(stringEntries(name, textOf(key, value)));
    else if (value instanceof Uint8Array) putBlob(name, value);
    else {
      checkInteger(key, value);
      put(integerEntry(name, value.type, value.value));
    }
  }

  const image = Buffer.alloc(sizeBytes, 0xff);
  pages.forEach(({ bytes }, index) => image.set(bytes, index * pageBytes));
  return { image, freeEntries: (mostPages - pages.length) * entriesOfPage + page.freeEntries };
}
