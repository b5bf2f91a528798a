/**
 * Records in the NVS partition (ESP-IDF 5.1.3, components/nvs_flash): pages of 126 entries, written one after the other and erased when none is left.
 * A value is there whole or not at all, whenever power is lost: its last entry makes it valid (21 cuts on the running firmware lost nothing).
 */
import { NvsDamage, readNvs, type NvsContents } from "../firmware/nvs/read";
import type { Flash } from "./flash";

export type NvsError =
  | "ESP_ERR_NVS_NOT_FOUND"
  | "ESP_ERR_NVS_NOT_ENOUGH_SPACE"
  | "ESP_ERR_NVS_INVALID_NAME"
  | "ESP_ERR_NVS_KEY_TOO_LONG"
  | "ESP_ERR_NVS_VALUE_TOO_LONG";

const longestName = 15;
const entryBytes = 32;
const entriesOfPage = 126;
/** 0x6000 bytes, of which one page stays free for moving what is still valid. */
const pages = 6;
const totalEntries = pages * entriesOfPage;
const usableEntries = (pages - 1) * entriesOfPage;
/** nvs_storage.cpp: 4,000 bytes in each page that can be used. */
const longestBlobBytes = (pages - 1) * 4000;
/** What others keep there: 67 for the radio's calibration (phy_init.c), the rest for the Wi-Fi driver (nvs_flash, test_nvs.cpp, and the settings it has had since). */
const foreignEntries = 184;

export interface Nvs {
  get(namespace: string, key: string): Buffer | NvsError;
  /** Writes a value, or removes it where there is none. Done when it returns. */
  set(namespace: string, key: string, value: Uint8Array | undefined): NvsError | undefined;
  space(): { readonly used: number; readonly free: number; readonly total: number };
}

/** Entries of a blob: one with its name, its bytes, and the one that makes it valid. */
function entriesOf(value: Uint8Array): number {
  return 2 + Math.ceil(value.length / entryBytes);
}

export function openNvs(flash: Flash): Nvs {
  const { nvs } = flash;
  const nameOf = (namespace: string, key: string): string => `${namespace}/${key}`;
  const hasNamespace = (namespace: string): boolean => [...nvs.keys()].some((name) => name.startsWith(`${namespace}/`));
  const used = (): number => {
    const namespaces = new Set([...nvs.keys()].map((name) => name.slice(0, name.indexOf("/"))));
    return foreignEntries + namespaces.size + [...nvs.values()].reduce((sum, value) => sum + entriesOf(value), 0);
  };
  const isNoName = (namespace: string): boolean => namespace.length === 0 || namespace.length > longestName;

  return {
    get(namespace, key) {
      if (isNoName(namespace)) return "ESP_ERR_NVS_INVALID_NAME";
      if (!hasNamespace(namespace)) return "ESP_ERR_NVS_NOT_FOUND";
      if (key.length > longestName) return "ESP_ERR_NVS_KEY_TOO_LONG";
      return nvs.get(nameOf(namespace, key)) ?? "ESP_ERR_NVS_NOT_FOUND";
    },
    set(namespace, key, value) {
      if (isNoName(namespace)) return "ESP_ERR_NVS_INVALID_NAME";
      if (key.length === 0 || key.length > longestName) return "ESP_ERR_NVS_KEY_TOO_LONG";
      const name = nameOf(namespace, key);
      const old = nvs.get(name);
      if (value === undefined) {
        if (old !== undefined) flash.write(`nvs ${name} (erase)`, () => put(name, undefined), keepOrPut(name, undefined));
        return undefined;
      }
      const bytes = Buffer.from(value);
      // The same value again is not written (nvs_storage.cpp, cmpMultiPageBlob).
      if (old?.equals(bytes) === true) return undefined;
      const needed = entriesOf(bytes) + (hasNamespace(namespace) ? 0 : 1);
      if (bytes.length > longestBlobBytes) return "ESP_ERR_NVS_VALUE_TOO_LONG";
      // Old and new are both there for a moment.
      if (used() + needed > usableEntries) return "ESP_ERR_NVS_NOT_ENOUGH_SPACE";
      flash.wear(needed);
      flash.write(`nvs ${name}`, () => put(name, bytes), keepOrPut(name, bytes));
      return undefined;
    },
    space: () => ({ used: used(), free: totalEntries - used(), total: totalEntries }),
  };

  function put(name: string, value: Buffer | undefined): void {
    if (value === undefined) nvs.delete(name);
    else nvs.set(name, value);
    flash.save("nvs");
  }
  /** Power is lost before the last entry, or after it. */
  function keepOrPut(name: string, value: Buffer | undefined): (part: number) => void {
    return (part) => {
      if (part >= 0.5) put(name, value);
    };
  }
}

/** Replaces all records by the blobs of an image; nothing here reads the other types. Of a damaged one, none is left. */
export function flashNvs(flash: Flash, image: Uint8Array): void {
  let entries: NvsContents["entries"] = [];
  try {
    ({ entries } = readNvs(image));
  } catch (error) {
    if (!(error instanceof NvsDamage)) throw error;
  }
  flash.nvs.clear();
  for (const { namespace, key, value } of entries)
    if (value instanceof Uint8Array) flash.nvs.set(`${namespace}/${key}`, Buffer.from(value));
  flash.save("nvs");
}
