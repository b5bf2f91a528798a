/** Objects to download, as a bucket in S3 keeps them: names, bytes and what is told of them. */
import { createHash } from "node:crypto";
import { openObjectUrls, type ObjectUrls } from "./object-urls";

/** Where the bytes are. */
export interface ObjectBytes {
  /** Resolves once the bytes are safe. A second one of the same name replaces the first. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  get(name: string): Uint8Array | undefined;
  remove(name: string): Promise<void>;
  list(): string[];
}

export interface StoredObject {
  readonly bytes: Uint8Array;
  /** Quoted MD5, as S3 has it for what was put in one piece. */
  readonly etag: string;
  /** Whole seconds, as HTTP has it; epoch milliseconds. */
  readonly lastModifiedMs: number;
  /** The checksums that it was put with, by header; none after a restart. */
  readonly checksums: Readonly<Record<string, string>>;
}

export interface Objects extends ObjectUrls {
  /** Gives the plain URL. The object can be read at once; `kept` tells when it is safe. */
  put(name: string, bytes: Uint8Array, checksums?: StoredObject["checksums"]): string;
  get(name: string): StoredObject | undefined;
  /** False when there was none. */
  remove(name: string): boolean;
  /** In the order of their names, as S3 lists keys. */
  list(): {
    readonly name: string;
    readonly url: string;
    readonly sizeBytes: number;
    readonly etag: string;
    readonly lastModified: string;
  }[];
  /** Resolves once all that was put or removed so far is safe; rejects when that failed. */
  kept(): Promise<void>;
  /** The clock by which URLs expire. */
  now(): number;
}

/** S3 takes keys of so many bytes. */
const maxNameBytes = 1024;

/**
 * Why a name cannot be an object's, or undefined. S3 takes nearly any text; what URLs and file systems would read in another way is
 * refused here.
 */
export function badName(name: string): string | undefined {
  if (name === "" || Buffer.byteLength(name) > maxNameBytes) return `an object's name has 1 to ${maxNameBytes} bytes`;
  if (/[\p{Cc}\p{Cs}\\]/u.test(name)) return "an object's name has neither control characters nor backslashes";
  if (name.split("/").some((part) => part === "" || part === "." || part === ".."))
    return 'the parts of an object\'s name are not empty, "." or ".."';
  return undefined;
}

/** Bytes for as long as the process runs. */
export function memoryBytes(): ObjectBytes {
  const stored = new Map<string, Uint8Array>();
  return {
    put(name, bytes) {
      stored.set(name, bytes);
      return Promise.resolve();
    },
    get: (name) => stored.get(name),
    remove(name) {
      stored.delete(name);
      return Promise.resolve();
    },
    list: () => [...stored.keys()],
  };
}

/** `secret` signs URLs; one that is kept lets them outlive a restart. */
export function openObjects(base: () => string, now: () => number, bytesOf: ObjectBytes = memoryBytes(), secret?: Uint8Array): Objects {
  const told = new Map<string, Omit<StoredObject, "bytes">>();
  /** On their way; undefined is one on its way out. */
  const underWay = new Map<string, Uint8Array | undefined>();
  let last: Promise<void> = Promise.resolve();

  function read(name: string): Uint8Array | undefined {
    return underWay.has(name) ? underWay.get(name) : bytesOf.get(name);
  }

  /** One write after the other: two of the same name must end in their order. */
  function write(name: string, bytes: Uint8Array | undefined): void {
    underWay.set(name, bytes);
    last = last
      .catch(() => {}) // Told to whom it concerned.
      .then(() => (bytes === undefined ? bytesOf.remove(name) : bytesOf.put(name, bytes)))
      .finally(() => {
        if (underWay.get(name) === bytes) underWay.delete(name);
      });
    last.catch(() => {}); // `kept` is where it is told.
  }

  function tell(name: string, bytes: Uint8Array, checksums: StoredObject["checksums"] = {}): Omit<StoredObject, "bytes"> {
    const known = told.get(name);
    if (known !== undefined) return known;
    const etag = `"${createHash("md5").update(bytes).digest("hex")}"`;
    const fresh = { etag, lastModifiedMs: Math.floor(now() / 1000) * 1000, checksums };
    told.set(name, fresh);
    return fresh;
  }

  const exists = (name: string): boolean => read(name) !== undefined;
  const urls = openObjectUrls(base, now, exists, secret);
  return {
    ...urls,
    put(name, bytes, checksums) {
      const bad = badName(name);
      if (bad !== undefined) throw new Error(bad);
      told.delete(name);
      write(name, bytes);
      tell(name, bytes, checksums);
      return urls.urlOf(name);
    },
    get(name) {
      const bytes = read(name);
      return bytes === undefined ? undefined : { bytes, ...tell(name, bytes) };
    },
    remove(name) {
      if (!exists(name)) return false;
      told.delete(name);
      write(name, undefined);
      return true;
    },
    list() {
      const names = new Set([...bytesOf.list(), ...underWay.keys()].filter(exists));
      return [...names].sort(byBytes).map((name) => {
        const bytes = read(name) ?? new Uint8Array();
        const { etag, lastModifiedMs } = tell(name, bytes);
        return { name, url: urls.urlOf(name), sizeBytes: bytes.length, etag, lastModified: new Date(lastModifiedMs).toISOString() };
      });
    },
    kept: () => last,
    now,
  };
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
