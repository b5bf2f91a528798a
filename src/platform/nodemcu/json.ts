/** JSON by sjson. Its 20 levels are one for the text, and one for a member or element in the innermost container (jsonsl.c). */
import type { Json, JsonObject } from "../../ports";
import { closing, newBraces } from "./braces";

/** Stands for null while decoding: sjson's own null is a light userdata, and true as a condition. */
const none = {};

// Drops null members all the way down. False when there is one inside an array.
function clean(value: object): boolean {
  let key: unknown;
  let member: unknown;
  [key, member] = next(value);
  while (key !== undefined) {
    if (member === none) {
      if (typeof key === "number") return false;
      (value as Record<string, unknown>)[key as string] = undefined;
    } else if (typeof member === "object" && !clean(member as object)) return false;
    [key, member] = next(value, key);
  }
  return true;
}

export const nodemcuJson: Json = {
  decode(text) {
    // sjson reads arrays too, and ignores whatever follows the first value (sjson.c).
    const [start] = string.match(text, "^%s*{");
    const end = closing(newBraces(), text);
    if (start === undefined || end === undefined || string.match(text, "%S", end + 1)[0] !== undefined) return undefined;
    const [ok, value] = pcall(sjson.decode, text, { null: none });
    return ok && clean(value as object) ? (value as JsonObject) : undefined;
  },
};
