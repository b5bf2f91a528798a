/** Base64 back into bytes: the module that could, encoder, is in no build of ours for this one use. */
import { base64Characters } from "../../portable/characters";
import { quotient } from "../../portable/integers";

/** The bytes, or undefined when the text is not exactly what an encoder makes: padding and unused bits included. */
export function fromBase64(text: string): string | undefined {
  let bytes = "";
  let rest = 0;
  // Two to the number of bits in `rest`.
  let scale = 1;
  let at = 0;
  for (; at < text.length; at++) {
    const value = base64Characters.indexOf(text.slice(at, at + 1));
    if (value < 0 || value > 63) break;
    scale *= 64;
    rest = rest * 64 + value;
    if (scale < 256) continue;
    scale = quotient(scale, 256);
    const byte = quotient(rest, scale);
    bytes += string.char(byte);
    rest -= byte * scale;
  }
  const padding = scale === 16 ? "==" : scale === 4 ? "=" : "";
  return rest === 0 && scale < 64 && text.slice(at) === padding ? bytes : undefined;
}
