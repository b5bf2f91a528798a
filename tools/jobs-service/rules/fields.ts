/** Reads the body of a device's request. A null member counts as absent; unknown members are ignored. */
import type { Choices } from "../choices";
import { isTooDeep } from "./json-depth";
import { detailsKeyPattern, plainTextPattern } from "./names";
import { DeviceRefusal, violation } from "./refusals";

export type Body = Readonly<Record<string, unknown>>;

export const maxTimeoutInMinutes = 10_080;
const maxDetails = 10;
const maxDetailsValue = 1024;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The object in a payload; an empty payload is `{}`. Undefined when it is not UTF-8, not JSON, nested too deep, or not an object. */
export function readBody(payload: Uint8Array): Body | undefined {
  if (payload.length === 0) return {};
  try {
    const text = decoder.decode(payload);
    if (isTooDeep(text)) return undefined;
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Body) : undefined;
  } catch {
    return undefined; // The caller answers InvalidJson.
  }
}

function invalid(value: unknown, field: string, constraint: string): DeviceRefusal {
  return new DeviceRefusal("InvalidRequest", violation(value, field, constraint));
}

/** An optional member, null counting as absent. */
function member(body: Body, field: string): unknown {
  // Own members only: `{}` must not have a `constructor`.
  return Object.hasOwn(body, field) ? (body[field] ?? undefined) : undefined;
}

export function textField(body: Body, field: string): string | undefined {
  const value = member(body, field);
  if (value !== undefined && typeof value !== "string") throw invalid(value, field, "Member must be a string");
  return value;
}

export function booleanField(body: Body, field: string, fallback: boolean): boolean {
  const value = member(body, field) ?? fallback;
  if (typeof value !== "boolean") throw invalid(value, field, "Member must be a boolean");
  return value;
}

export function integerField(body: Body, field: string): number | undefined {
  const value = member(body, field);
  if (value !== undefined && !(typeof value === "number" && Number.isInteger(value))) {
    throw invalid(value, field, "Member must be an integer");
  }
  return value;
}

/** `expectedVersion` also comes as text: the guide's examples and the embedded C library quote it. */
export function versionField(body: Body): number | undefined {
  const value = member(body, "expectedVersion");
  if (typeof value === "string" && /^-?\d{1,15}$/.test(value)) return Number(value);
  return integerField(body, "expectedVersion");
}

/** 1 to 10080 minutes; -1, which cancels the timer, only where `cancellable`. */
export function stepTimeoutField(body: Body, cancellable: boolean): number | undefined {
  const field = "stepTimeoutInMinutes";
  const value = integerField(body, field);
  if (value === undefined || (cancellable && value === -1)) return value;
  if (value < 1 || value > maxTimeoutInMinutes) throw invalid(value, field, `Member must be between 1 and ${maxTimeoutInMinutes}`);
  return value;
}

/** `statusDetails` as it is to be stored, undefined when absent. */
export function detailsField(body: Body, choices: Choices): Readonly<Record<string, string>> | undefined {
  const value = member(body, "statusDetails");
  if (value === undefined) return undefined;
  const details = readDetails(value, choices);
  if (typeof details === "string") throw new DeviceRefusal("InvalidRequest", details);
  return details;
}

/** Checks status details; a string says what is wrong. */
export function readDetails(value: unknown, choices: Choices): Readonly<Record<string, string>> | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return violation(value, "statusDetails", "Member must be a map");
  const entries = Object.entries(value);
  if (entries.length > maxDetails)
    return violation(`${entries.length} pairs`, "statusDetails", `Member must have at most ${maxDetails} pairs`);
  const details: [string, string][] = [];
  for (const [key, raw] of entries) {
    const field = `statusDetails.${key}`;
    if (!detailsKeyPattern.test(key)) return violation(key, "statusDetails", `Map keys must satisfy ${detailsKeyPattern.source}`);
    const text: unknown = typeof raw === "number" && choices.numbersInDetails ? String(raw) : raw;
    if (typeof text !== "string") return violation(raw, field, "Map value must be a string");
    if (text.length < 1 || [...text].length > maxDetailsValue)
      return violation(text, field, `Map value must have 1 to ${maxDetailsValue} characters`);
    if (!plainTextPattern.test(text)) return violation(text, field, "Map value must satisfy [^\\p{C}]+");
    details.push([key, text]);
  }
  return Object.fromEntries(details); // Not by assignment: `__proto__` is a legal key.
}
