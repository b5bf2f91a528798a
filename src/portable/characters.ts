/** Which characters a text has. */

/** Those of base64 by their value (RFC 4648, the plain alphabet); the last one pads. */
export const base64Characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

/** True when a text has no other characters than those of `allowed`. */
export function hasOnly(text: string, allowed: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (allowed.indexOf(text.slice(i, i + 1)) < 0) return false;
  }
  return true;
}
