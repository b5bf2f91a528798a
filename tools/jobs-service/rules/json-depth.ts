/** How deep JSON may nest. Reading it needs no stack, but writing it out again does: what is too deep must not get in. */

/** Where Jackson, which much of AWS's Java reads JSON with, stops too unless told otherwise (StreamReadConstraints.DEFAULT_MAX_DEPTH). */
export const maxDepth = 1000;

const [quote, backslash] = [0x22, 0x5c];
const opening = [0x5b, 0x7b]; // [ and {
const closing = [0x5d, 0x7d];

/** Whether a JSON text nests deeper than that. What it says of other text does not matter: nobody can read it. */
export function isTooDeep(text: string): boolean {
  // Each level has two ends.
  if (text.length <= 2 * maxDepth) return false;
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isInText) {
      if (code === backslash) at++;
      else if (code === quote) isInText = false;
    } else if (code === quote) isInText = true;
    else if (opening.includes(code)) {
      if (++depth > maxDepth) return true;
    } else if (closing.includes(code)) depth--;
  }
  return false;
}
