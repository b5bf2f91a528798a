/** ESP32 application images, as esptool makes them and the boot loader checks them (esp_image_format.h, esp_app_desc.h). */
import { createHash } from "node:crypto";

/** Lua by the names of modules. */
export type LuaModules = Readonly<Record<string, string>>;

export interface ImageOptions {
  readonly version: string;
  readonly project: string;
  /** Size of the whole image; rounded up to what such an image can have (a multiple of 16, and what the Lua inside needs). */
  readonly sizeBytes: number;
  /**
   * Lua in the embedded Lua Flash Store, as text by the names that `node.LFS.get` knows. In the real image these are chunks that luac.cross has compiled.
   * Without any there is no store.
   */
  readonly modules?: LuaModules;
}

/** What an image says of itself. */
export interface ImageInfo {
  readonly version: string;
  readonly project: string;
  readonly date: string;
  readonly time: string;
  readonly idfVersion: string;
  readonly secureVersion: number;
  /** The Lua inside, if there is any. */
  readonly modules: LuaModules | undefined;
  readonly sizeBytes: number;
}

const imageMagic = 0xe9;
const headerBytes = 24;
const segmentHeaderBytes = 8;
const descriptionMagic = 0xabcd5432;
const descriptionBytes = 256;
const checksumSeed = 0xef;
const hashBytes = 32;
const maxSegments = 16;
const chipEsp32 = 0;
const storeMark = Buffer.from("LUASTOR1", "latin1");
/** Where the segments go in the chip's address space: constants (DROM) and code (IROM). */
const dromAddress = 0x3f400020;
const iromAddress = 0x400d0020;

function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

function describe({ version, project }: ImageOptions): Buffer {
  const description = Buffer.alloc(descriptionBytes);
  description.writeUInt32LE(descriptionMagic, 0);
  description.write(version, 16, 31, "latin1");
  description.write(project, 48, 31, "latin1");
  description.write("12:00:00", 80, 15, "latin1");
  description.write("Oct 25 2024", 96, 15, "latin1");
  description.write("v5.1.3", 112, 31, "latin1");
  createHash("sha256").update(`${project} ${version}`).digest().copy(description, 144);
  return description;
}

/** Fills with bytes that look like code: not compressible, the same for the same version. */
function fill(target: Buffer, text: string): void {
  let state = createHash("sha256").update(text).digest().readUInt32LE(0) | 1;
  for (let at = 0; at + 4 <= target.length; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    target.writeInt32LE(state, at);
  }
}

function segment(address: number, data: Buffer): Buffer {
  const header = Buffer.alloc(segmentHeaderBytes);
  header.writeUInt32LE(address, 0);
  header.writeUInt32LE(data.length, 4);
  return Buffer.concat([header, data]);
}

/** A mark and the number of modules; for each the lengths of its name and of its code, and then both. */
function luaStore(modules: LuaModules | undefined): Buffer {
  if (modules === undefined) return Buffer.alloc(0);
  const number = (value: number): Buffer => {
    const word = Buffer.alloc(4);
    word.writeUInt32LE(value);
    return word;
  };
  const parts = [storeMark, number(Object.keys(modules).length)];
  for (const texts of Object.entries(modules)) {
    const [name, code] = texts.map((text) => Buffer.from(text, "utf8")) as [Buffer, Buffer];
    parts.push(number(name.length), number(code.length), name, code);
  }
  const store = Buffer.concat(parts);
  return Buffer.concat([store, Buffer.alloc(roundUp(store.length, 4) - store.length)]);
}

function readLuaStore(bytes: Buffer, at: number): LuaModules | undefined {
  if (!bytes.subarray(at, at + storeMark.length).equals(storeMark)) return undefined;
  let next = at + storeMark.length;
  const number = (): number => (next + 4 <= bytes.length ? bytes.readUInt32LE((next += 4) - 4) : 0);
  const text = (length: number): string => bytes.toString("utf8", next, (next += length));
  const modules: Record<string, string> = {};
  for (let left = number(); left > 0 && next < bytes.length; left--) {
    const [nameBytes, codeBytes] = [number(), number()];
    const name = text(nameBytes);
    modules[name] = text(codeBytes);
  }
  return modules;
}

/** Makes a well-formed image: header, description, segments, checksum and appended SHA-256. */
export function buildImage(options: ImageOptions): Buffer {
  const constants = Buffer.concat([describe(options), luaStore(options.modules)]);
  const beforeCode = headerBytes + segmentHeaderBytes + constants.length + segmentHeaderBytes;
  const total = roundUp(Math.max(options.sizeBytes, beforeCode + 64 + 16 + hashBytes), 16);
  const room = total - hashBytes - beforeCode;
  const code = Buffer.alloc(room - (room % 4 === 0 ? 4 : room % 4));
  fill(code, `${options.project} ${options.version}`);

  const header = Buffer.alloc(headerBytes);
  // dio, 40 MHz, 4 MB: how NodeMCU is built.
  header.set([imageMagic, 2, 2, 0x20]);
  header.writeUInt32LE(0x40080400, 4);
  header.writeUInt8(0xee, 8);
  header.writeUInt16LE(chipEsp32, 12);
  header.writeUInt8(1, 23);
  const body = Buffer.concat([header, segment(dromAddress, constants), segment(iromAddress, code)]);
  const padded = Buffer.alloc(total - hashBytes);
  body.copy(padded);
  padded.writeUInt8(checksum(constants, checksum(code, checksumSeed)), padded.length - 1);
  return Buffer.concat([padded, createHash("sha256").update(padded).digest()]);
}

function checksum(data: Uint8Array, from: number): number {
  let sum = from;
  for (let i = 0; i < data.length; i++) sum ^= data[i]!;
  return sum;
}

function text(bytes: Buffer, at: number, size: number): string {
  const end = bytes.indexOf(0, at);
  return bytes.toString("latin1", at, end < 0 || end > at + size ? at + size : end);
}

/** What the description in an image's first segment says, or undefined where there is none (esp_ota_get_partition_description). */
export function readDescription(flash: Uint8Array): ImageInfo | undefined {
  const bytes = Buffer.from(flash.buffer, flash.byteOffset, flash.byteLength);
  const at = headerBytes + segmentHeaderBytes;
  if (bytes.length < at + descriptionBytes || bytes[0] !== imageMagic || bytes.readUInt32LE(at) !== descriptionMagic) return undefined;
  return {
    version: text(bytes, at + 16, 32),
    project: text(bytes, at + 48, 32),
    time: text(bytes, at + 80, 16),
    date: text(bytes, at + 96, 16),
    idfVersion: text(bytes, at + 112, 32),
    secureVersion: bytes.readUInt32LE(at + 4),
    modules: readLuaStore(bytes, at + descriptionBytes),
    sizeBytes: bytes.length,
  };
}

/** What is wrong with an image for a chip, as esp_image_verify sees it; undefined when it is sound. Bytes after the image do not matter. */
export function findImageProblem(flash: Uint8Array, chipId: number = chipEsp32): string | undefined {
  const bytes = Buffer.from(flash.buffer, flash.byteOffset, flash.byteLength);
  if (bytes.length < headerBytes) return "image header is not complete";
  if (bytes[0] !== imageMagic) return "invalid magic byte";
  const segments = bytes[1]!;
  if (segments === 0 || segments > maxSegments) return "invalid segment count";
  if (bytes.readUInt16LE(12) !== chipId) return "image is for another chip";
  let at = headerBytes;
  let sum = checksumSeed;
  for (let i = 0; i < segments; i++) {
    if (at + segmentHeaderBytes > bytes.length) return `segment ${i}: header is not complete`;
    const length = bytes.readUInt32LE(at + 4);
    at += segmentHeaderBytes;
    if (length % 4 !== 0 || at + length > bytes.length) return `segment ${i}: length ${length} is invalid`;
    sum = checksum(bytes.subarray(at, at + length), sum);
    at += length;
  }
  const end = roundUp(at + 1, 16);
  if (end > bytes.length) return "checksum is missing";
  if (bytes[end - 1] !== sum) return "checksum is wrong";
  if (bytes[23] !== 1) return undefined;
  const digest = createHash("sha256").update(bytes.subarray(0, end)).digest();
  return digest.equals(bytes.subarray(end, end + hashBytes)) ? undefined : "SHA-256 is wrong";
}

/** How long the image at the start of a slot is, with its checksum and digest; undefined where its end is not there. */
export function imageBytesIn(slot: Uint8Array): number | undefined {
  const bytes = Buffer.from(slot.buffer, slot.byteOffset, slot.byteLength);
  let at = headerBytes;
  for (let segments = bytes[1] ?? 0; segments > 0; segments--) {
    if (at + segmentHeaderBytes > bytes.length) return undefined;
    at += segmentHeaderBytes + bytes.readUInt32LE(at + 4);
  }
  const end = roundUp(at + 1, 16) + (bytes[23] === 1 ? hashBytes : 0);
  return end <= bytes.length ? end : undefined;
}

/** The image at the start of a slot, undefined where there is none that is sound. */
export function soundImageIn(slot: Uint8Array): ImageInfo | undefined {
  return findImageProblem(slot) === undefined ? readDescription(slot) : undefined;
}
