/** SLIP frames (RFC 1055) as the ESP32's loader uses them: 0xC0 at both ends, 0xDB DC for 0xC0 and 0xDB DD for 0xDB inside. */

const end = 0xc0;
const escape = 0xdb;
const escapedEnd = 0xdc;
const escapedEscape = 0xdd;

/** One frame around these bytes. */
export function encodeSlip(bytes: Uint8Array): Buffer {
  const frame: number[] = [end];
  for (const byte of bytes) {
    if (byte === end) frame.push(escape, escapedEnd);
    else if (byte === escape) frame.push(escape, escapedEscape);
    else frame.push(byte);
  }
  frame.push(end);
  return Buffer.from(frame);
}

export interface SlipReader {
  feed(bytes: Uint8Array): void;
  /** Forgets a frame that has begun. */
  reset(): void;
}

/** Finds frames in what comes in; bytes between frames and broken frames are dropped, as the ROM drops them. */
export function createSlipReader(take: (frame: Buffer) => void): SlipReader {
  let frame: number[] | undefined;
  let isEscaped = false;
  return {
    feed(bytes) {
      for (const byte of bytes) {
        if (byte === end) {
          // An end that follows an end is the start of the next frame.
          const complete = frame;
          frame = complete === undefined || complete.length === 0 ? [] : undefined;
          isEscaped = false;
          if (complete !== undefined && complete.length > 0) take(Buffer.from(complete));
        } else if (frame === undefined) continue;
        else if (isEscaped) {
          isEscaped = false;
          if (byte === escapedEnd) frame.push(end);
          else if (byte === escapedEscape) frame.push(escape);
          else frame = undefined;
        } else if (byte === escape) isEscaped = true;
        else frame.push(byte);
      }
    },
    reset() {
      frame = undefined;
      isEscaped = false;
    },
  };
}
