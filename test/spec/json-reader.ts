/** Reads JSON in specs, the way the JSON port must: null members vanish, nesting deeper than `MaxJsonDepth` is unreadable. */
import type { Json, JsonObject, JsonValue } from "../../src/ports";

const deepest = 19;

/** The JSON port of a virtual device. */
export const jsonReader: Json = {
  decode(source) {
    const reader = createReader(source);
    const value = reader.value(1);
    reader.space();
    if (reader.broken() || !reader.atEnd() || source.trim().charAt(0) !== "{") return undefined;
    return value as JsonObject;
  },
};

/** @noSelf */
interface Reader {
  value(depth: number): JsonValue | undefined;
  space(): void;
  broken(): boolean;
  atEnd(): boolean;
}

function createReader(source: string): Reader {
  let at = 0;
  let isBroken = false;
  function fail(): undefined {
    isBroken = true;
    at = source.length;
    return undefined;
  }
  function space(): void {
    while (at < source.length && " \n\r\t".indexOf(source.charAt(at)) >= 0) at++;
  }
  function text(): string {
    let out = "";
    for (at++; at < source.length; at++) {
      const c = source.charAt(at);
      if (c === '"') {
        at++;
        return out;
      }
      if (c !== "\\") {
        out += c;
        continue;
      }
      at++;
      const escape = source.charAt(at);
      if (escape === "u") {
        const digits = source.slice(at + 1, at + 5);
        out += String.fromCharCode("0123456789abcdef".indexOf(digits.charAt(2)) * 16 + "0123456789abcdef".indexOf(digits.charAt(3)));
        at += 4;
      } else out += escape === "n" ? "\n" : escape === "t" ? "\t" : escape === "r" ? "\r" : escape;
    }
    fail();
    return "";
  }
  function word(): JsonValue | undefined {
    const from = at;
    while (at < source.length && ",]} \n\r\t".indexOf(source.charAt(at)) < 0) at++;
    const found = source.slice(from, at);
    if (found === "true") return true;
    if (found === "false") return false;
    if (found === "null") return undefined;
    const value = Number(found);
    return found !== "" && value === value ? value : fail();
  }
  function value(depth: number): JsonValue | undefined {
    space();
    const c = source.charAt(at);
    if (c === '"') return text();
    if (c !== "{" && c !== "[") return word();
    if (depth > deepest) return fail();
    const close = c === "{" ? "}" : "]";
    const members: Record<string, JsonValue> = {};
    const items: JsonValue[] = [];
    at++;
    for (space(); source.charAt(at) !== close; space()) {
      // A key or a plain value takes a level too (jsonsl.c).
      if (at >= source.length || depth === deepest) return fail();
      let key = "";
      if (c === "{") {
        key = text();
        space();
        if (source.charAt(at) !== ":") return fail();
        at++;
      }
      const member = value(depth + 1);
      if (c === "[") items.push(member ?? "");
      else if (member !== undefined) members[key] = member;
      space();
      if (source.charAt(at) === ",") at++;
    }
    at++;
    return c === "{" ? members : items;
  }
  return { value, space, broken: () => isBroken, atEnd: () => at >= source.length };
}
