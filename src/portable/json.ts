/** JSON that we write. The firmware's own encoder leaves backslashes alone and writes `{}` as `[]` (sjson.c), so it is not used. */
import { text } from "./integers";
import { sortedKeys } from "./keys";

/** What we write: objects of texts, whole numbers and claims. A member that is undefined is left out. */
export interface Writable {
  readonly [key: string]: string | number | boolean | Writable | undefined;
}

const hexDigits = "0123456789abcdef";

/** A JSON string, quotes included. Bytes above 126 pass through: they are UTF-8 already. */
export function quoted(value: string): string {
  let out = "";
  let from = 0;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 32 || code === 34 || code === 92 || code === 127) {
      out += value.slice(from, i);
      const low = code === 127 ? 15 : code < 16 ? code : code - 16;
      if (code === 34 || code === 92) out += "\\" + value.slice(i, i + 1);
      else if (code === 10) out += "\\n";
      else out += `\\u00${code === 127 ? "7" : code < 16 ? "0" : "1"}${hexDigits.slice(low, low + 1)}`;
      from = i + 1;
    }
  }
  return `"${out}${value.slice(from)}"`;
}

/** A JSON object, its members in the order of their names. Numbers must be whole and below 2^31. */
export function encodeObject(value: Writable): string {
  let out = "";
  for (const key of sortedKeys(value)) {
    const member = value[key];
    if (member === undefined) continue;
    if (out !== "") out += ",";
    out += `${quoted(key)}:`;
    if (typeof member === "string") out += quoted(member);
    else if (typeof member === "number") out += text(member);
    else if (typeof member === "boolean") out += member ? "true" : "false";
    else out += encodeObject(member);
  }
  return `{${out}}`;
}
