/** JSON as the firmware reads it: objects only, without null, and not deeper than its parser goes. */
import type { Json, JsonObject, MaxJsonDepth } from "../../ports";

const maxDepth: MaxJsonDepth = 19;

/** Drops null members all the way down. False when the value is too deep or has a null inside an array. */
function clean(value: unknown, depth: number): boolean {
  if (depth > maxDepth) return false;
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every((item) => item !== null && clean(item, depth + 1));
  // A member that nobody wrote is absent, also when it is called "constructor".
  Object.setPrototypeOf(value, null);
  const members = value as Record<string, unknown>;
  for (const name of Object.keys(members)) {
    if (!clean(members[name], depth + 1)) return false;
    if (members[name] === null) delete members[name];
  }
  return true;
}

export const nodeJson: Json = {
  decode(text) {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return undefined;
    }
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject && clean(value, 1) ? (value as JsonObject) : undefined;
  },
};
