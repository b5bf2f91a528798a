/** Digests for specs: not MD5 and not SHA-256, which 32-bit Lua cannot compute, but of their form, and any changed byte shows. */
import type { Bytes, Hash } from "../../src/ports";
import { quotient } from "../../src/portable/integers";

const hexDigits = "0123456789abcdef";
const modulus = 65521; // a prime below 2^16, so that no product passes 2^31

function rest(a: number, b: number): number {
  return a - quotient(a, b) * b;
}

function hex4(value: number): string {
  let left = value;
  let out = "";
  for (let n = 0; n < 4; n++) {
    out = hexDigits.charAt(rest(left, 16)) + out;
    left = quotient(left, 16);
  }
  return out;
}

/** A hash being computed. The pieces may be cut anywhere. */
export function virtualHash(algorithm: "md5" | "sha256"): Hash {
  const groups = algorithm === "md5" ? 8 : 16;
  let sum = groups;
  let count = 0;
  return {
    update(chunk: Bytes): void {
      for (let i = 0; i < chunk.length; i++) {
        sum = rest(sum * 257 + chunk.charCodeAt(i) + 1, modulus);
        count++;
      }
    },
    hex(): string {
      let out = hex4(rest(count, modulus));
      for (let n = 1; n < groups; n++) {
        sum = rest(sum * 31 + n, modulus);
        out += hex4(sum);
      }
      return out;
    },
  };
}

/** The digest that a device of ours computes of `bytes`: for job documents. */
export function virtualDigest(algorithm: "md5" | "sha256", bytes: Bytes): string {
  const hash = virtualHash(algorithm);
  hash.update(bytes);
  return hash.hex();
}
