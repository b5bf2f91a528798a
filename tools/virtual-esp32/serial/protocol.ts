/** The words of the loader's protocol: Espressif, esptool documentation, "Serial Protocol" (docs/en/advanced-topics/serial-protocol.rst). */

export const op = {
  flashBegin: 0x02,
  flashData: 0x03,
  flashEnd: 0x04,
  memBegin: 0x05,
  memEnd: 0x06,
  memData: 0x07,
  sync: 0x08,
  writeReg: 0x09,
  readReg: 0x0a,
  spiSetParams: 0x0b,
  spiAttach: 0x0d,
  changeBaudrate: 0x0f,
  flashDeflBegin: 0x10,
  flashDeflData: 0x11,
  flashDeflEnd: 0x12,
  spiFlashMd5: 0x13,
  getSecurityInfo: 0x14,
  // The stub's own.
  eraseFlash: 0xd0,
  eraseRegion: 0xd1,
  runUserCode: 0xd3,
} as const;

/** What can go wrong, and its number in the ROM and in the stub (espressif/esp-flasher-stub, src/commands.h: the stub that esptool-js has). */
export const failures = {
  badLength: { rom: 0x05, stub: 0xc0 },
  badChecksum: { rom: 0x07, stub: 0xc1 },
  badBlockSize: { rom: 0x05, stub: 0xc2 },
  badCommand: { rom: 0x05, stub: 0xc3 },
  spiFailed: { rom: 0x06, stub: 0xc4 },
  notInFlashMode: { rom: 0x06, stub: 0xc6 },
  inflateFailed: { rom: 0x0b, stub: 0xc7 },
  notEnoughData: { rom: 0x06, stub: 0xc0 },
  tooMuchData: { rom: 0x06, stub: 0xc9 },
} as const;

export type Failure = keyof typeof failures;

/** The checksum of a block: all bytes and 0xEF, xor. */
export function checksumOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum ^ byte, 0xef);
}

/** A command as it comes in. */
export interface Command {
  readonly op: number;
  readonly checksum: number;
  readonly data: Buffer;
  /** The n-th 32-bit word of the data; 0 behind its end. */
  word(n: number): number;
}

/** Reads a frame; undefined where it is no command. */
export function readCommand(frame: Buffer): Command | undefined {
  if (frame.length < 8 || frame[0] !== 0x00) return undefined;
  const data = frame.subarray(8);
  if (frame.readUInt16LE(2) !== data.length) return undefined;
  return {
    op: frame[1]!,
    checksum: frame.readUInt32LE(4),
    data,
    word: (n) => (data.length >= 4 * n + 4 ? data.readUInt32LE(4 * n) : 0),
  };
}

/** An answer: its value, its data, and status bytes, of which the ROM of the ESP32 family sends four and the stub two. */
export function answer(to: number, value: number, data: Uint8Array, status: readonly number[]): Buffer {
  const body = Buffer.concat([data, Buffer.from(status)]);
  const head = Buffer.alloc(8);
  head[0] = 0x01;
  head[1] = to;
  head.writeUInt16LE(body.length, 2);
  head.writeUInt32LE(value >>> 0, 4);
  return Buffer.concat([head, body]);
}
