/** ESP32 application images, as esptool makes them and the boot loader checks them (esp_image_format.h, esp_app_desc.h). */
import { createHash } from "node:crypto";

export interface ImageOptions {
  readonly version: string;
  readonly project: string;
  /** Size of the whole image; rounded up to what such an image can have (a multiple of 16, and what the bundle needs). */
  readonly sizeBytes: number;
  /** Text of the Lua bundle carried inside, where the real image has its embedded Lua Flash Store. */
  readonly bundle?: string;
}

/** What an image says of itself. */
export interface ImageInfo {
  readonly version: string;
  readonly project: string;
  readonly date: string;
  readonly time: string;
  readonly idfVersion: string;
  readonly secureVersion: number;
  /** The Lua bundle inside, if there is one. */
  readonly bundle: string | undefined;
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
const bundleMark = Buffer.from("LUABNDL1", "latin1");
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

/** Makes a well-formed image: header, description, segments, checksum and appended SHA-256. */
export function buildImage(options: ImageOptions): Buffer {
  const bundle = Buffer.from(options.bundle ?? "", "utf8");
  const carried = options.bundle === undefined ? Buffer.alloc(0) : Buffer.alloc(roundUp(bundleMark.length + 4 + bundle.length, 4));
  if (options.bundle !== undefined) {
    bundleMark.copy(carried);
    carried.writeUInt32LE(bundle.length, bundleMark.length);
    bundle.copy(carried, bundleMark.length + 4);
  }
  const constants = Buffer.concat([describe(options), carried]);
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
  const mark = at + descriptionBytes;
  let bundle: string | undefined;
  if (bytes.subarray(mark, mark + bundleMark.length).equals(bundleMark)) {
    const length = bytes.readUInt32LE(mark + bundleMark.length);
    const start = mark + bundleMark.length + 4;
    if (start + length <= bytes.length) bundle = bytes.toString("utf8", start, start + length);
  }
  return {
    version: text(bytes, at + 16, 32),
    project: text(bytes, at + 48, 32),
    time: text(bytes, at + 80, 16),
    date: text(bytes, at + 96, 16),
    idfVersion: text(bytes, at + 112, 32),
    secureVersion: bytes.readUInt32LE(at + 4),
    bundle,
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

/** Length of the image at the start of a slot, undefined where there is none that is sound. */
export function soundImageIn(slot: Uint8Array): ImageInfo | undefined {
  return findImageProblem(slot) === undefined ? readDescription(slot) : undefined;
}
