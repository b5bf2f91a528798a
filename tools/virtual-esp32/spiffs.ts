/** SPIFFS as NodeMCU mounts it: flat names, four open files, no rename onto a name that exists, buffered writes. */
import type { Flash } from "./flash";

/** The storage partition of our table, 0xC0000 bytes, less what SPIFFS keeps for itself (two blocks and a page of lookup in each of the rest). */
export const totalBytes = 721_121;
const pageBytes = 251;
const maxNameBytes = 31;
const maxOpenFiles = 4;
/** BUFSIZ of newlib in ESP-IDF: a file's writes go to flash in multiples of it, the rest at flush or close. */
const bufferBytes = 128;

/** A failure as C has it: text and errno. */
export interface FileError {
  readonly message: string;
  readonly errno: number;
}
const notFound: FileError = { message: "No such file or directory", errno: 2 };
const badFile: FileError = { message: "Bad file number", errno: 9 };
const tooMany: FileError = { message: "Too many open files in system", errno: 23 };
const noSpace: FileError = { message: "No space left on device", errno: 28 };
const nameTooLong: FileError = { message: "File name too long", errno: 91 };

export function isFileError(value: object): value is FileError {
  return "errno" in value;
}

/** An open file. */
export interface OpenFile {
  /** Up to `size` bytes from the current position. */
  read(size: number): Buffer | FileError;
  write(bytes: Buffer): FileError | undefined;
  /** Writes what is buffered. */
  flush(): FileError | undefined;
  /** The new position. */
  seek(whence: "set" | "cur" | "end", offset: number): number | FileError;
  close(): FileError | undefined;
}

export interface Spiffs {
  open(name: string, mode: string): OpenFile | FileError;
  read(name: string): Buffer | undefined;
  exists(name: string): boolean;
  list(): Map<string, number>;
  remove(name: string): FileError | undefined;
  rename(from: string, to: string): boolean;
  format(): void;
  usedBytes(): number;
}

/** What a file takes: pages of data and one for its index. */
function pagesOf(sizeBytes: number): number {
  return (Math.ceil(sizeBytes / pageBytes) + 1) * pageBytes;
}

export function mountSpiffs(flash: Flash): Spiffs {
  const { files } = flash;
  let open = 0;
  const usedBytes = (): number => [...files.values()].reduce((sum, contents) => sum + pagesOf(contents.length), 0);
  const put = (name: string, contents: Buffer | undefined): void => {
    if (contents === undefined) files.delete(name);
    else files.set(name, contents);
    flash.save("file", name);
  };

  /** Writes into a file where it stands. When power is lost, a part of it is there. */
  function store(name: string, at: number, bytes: Buffer): FileError | undefined {
    const old = files.get(name);
    if (old === undefined) return badFile; // removed while it was open
    const merged = (part: Buffer): Buffer => {
      const contents = Buffer.alloc(Math.max(old.length, at + part.length));
      old.copy(contents);
      part.copy(contents, at);
      return contents;
    };
    if (usedBytes() - pagesOf(old.length) + pagesOf(Math.max(old.length, at + bytes.length)) > totalBytes) return noSpace;
    flash.write(
      `file ${name}`,
      () => put(name, merged(bytes)),
      (part) => put(name, merged(bytes.subarray(0, Math.floor(part * bytes.length)))),
    );
    return undefined;
  }

  return {
    usedBytes,
    read: (name) => files.get(name),
    exists: (name) => files.has(name),
    list: () => new Map([...files].map(([name, contents]) => [name, contents.length])),
    remove(name) {
      if (!files.has(name)) return notFound;
      flash.write(`remove ${name}`, () => put(name, undefined));
      return undefined;
    },
    rename(from, to) {
      const contents = files.get(from);
      if (contents === undefined || files.has(to) || to.length > maxNameBytes || to === "") return false;
      flash.write(`rename ${from} to ${to}`, () => {
        put(to, contents);
        put(from, undefined);
      });
      return true;
    },
    format() {
      flash.write("format", () => [...files.keys()].forEach((name) => put(name, undefined)));
    },
    open(name, mode) {
      if (name.length > maxNameBytes) return nameTooLong;
      const canRead = mode[0] === "r" || mode.includes("+");
      const canWrite = mode[0] !== "r" || mode.includes("+");
      if (mode[0] === "r" && !files.has(name)) return notFound;
      if (open >= maxOpenFiles) return tooMany;
      if (mode[0] !== "r" && !files.has(name)) {
        if (usedBytes() + pagesOf(0) > totalBytes) return noSpace;
        flash.write(`create ${name}`, () => put(name, Buffer.alloc(0)));
      } else if (mode[0] === "w") {
        flash.write(`truncate ${name}`, () => put(name, Buffer.alloc(0)));
      }
      open++;
      return openFile(name, mode[0] === "a", canRead, canWrite);
    },
  };

  function openFile(name: string, appends: boolean, canRead: boolean, canWrite: boolean): OpenFile {
    let at = 0;
    let isOpen = true;
    let buffered = Buffer.alloc(0);
    const size = (): number => files.get(name)?.length ?? 0;
    const writeOut = (count: number): FileError | undefined => {
      if (count === 0) return undefined;
      const start = appends ? size() : at;
      const error = store(name, start, buffered.subarray(0, count));
      buffered = error === undefined ? buffered.subarray(count) : Buffer.alloc(0);
      at = start + count;
      return error;
    };
    const flush = (): FileError | undefined => writeOut(buffered.length);
    return {
      read(count) {
        if (!isOpen || !canRead) return badFile;
        const error = flush();
        if (error !== undefined) return error;
        const part = (files.get(name) ?? Buffer.alloc(0)).subarray(at, at + count);
        at += part.length;
        return part;
      },
      write(bytes) {
        if (!isOpen || !canWrite) return badFile;
        buffered = Buffer.concat([buffered, bytes]);
        return writeOut(buffered.length - (buffered.length % bufferBytes));
      },
      flush,
      seek(whence, offset) {
        const error = flush();
        if (error !== undefined) return error;
        const to = offset + (whence === "set" ? 0 : whence === "cur" ? at : size());
        if (to < 0) return { message: "Invalid argument", errno: 22 };
        at = to;
        return at;
      },
      close() {
        if (!isOpen) return badFile;
        const error = flush();
        isOpen = false;
        open--;
        return error;
      },
    };
  }
}
