import { quotient } from "../../src/portable/integers";
import type { Bytes, Hashes } from "../../src/ports";

const hexDigits = "0123456789abcdef";

function bytes(codes: readonly number[]): Bytes {
  return codes.map((code) => String.fromCharCode(code)).join("");
}

/** The bytes that a hexadecimal digest stands for. */
function fromHex(hex: string): Bytes {
  const codes: number[] = [];
  for (let at = 0; at < hex.length; at += 2) {
    codes.push(hexDigits.indexOf(hex.charAt(at)) * 16 + hexDigits.indexOf(hex.charAt(at + 1)));
  }
  return bytes(codes);
}

const zero = "\0";

/**
 * A well-formed ESP32 application image. Its two segments are the same, so that their bytes cancel out in the checksum, which is
 * then its seed, 0xEF. `fillBytes` is a multiple of 8, at most 60,000.
 */
export function firmwareImage(hashes: Hashes, version: string, fillBytes: number): Bytes {
  const description = [
    bytes([0x32, 0x54, 0xcd, 0xab]), // magic of esp_app_desc_t
    zero.repeat(12),
    version,
    zero.repeat(32 - version.length),
    `contract${zero.repeat(24)}`, // the project's name
    zero.repeat(176),
  ].join("");
  const high = quotient(256 + fillBytes, 256);
  const length = bytes([256 + fillBytes - high * 256, high, 0, 0]);
  const contents = description + "x".repeat(fillBytes);
  const header = bytes([0xe9, 2, 2, 0x20]) + zero.repeat(19) + bytes([1]); // the last byte: a SHA-256 follows
  const segments = [bytes([0x20, 0, 0x40, 0x3f]), length, contents, bytes([0x20, 0, 0x41, 0x3f]), length, contents].join("");
  const image = header + segments + zero.repeat(7) + bytes([0xef]);
  const digest = hashes.start("sha256");
  digest.update(image);
  return image + fromHex(digest.hex());
}
