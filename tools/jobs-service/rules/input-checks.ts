/** Reads members of what the control plane is given; refuses in AWS's wording. A null member counts as absent. */
import { ControlRefusal, violation } from "./refusals";

export type Fields = Readonly<Record<string, unknown>>;

/** An InvalidRequestException, to be thrown. */
export function refusal(message: string): ControlRefusal {
  return new ControlRefusal("InvalidRequestException", message);
}

/** The same for a value that breaks a constraint. */
export function invalid(value: unknown, field: string, constraint: string): ControlRefusal {
  return refusal(violation(value, field, constraint));
}

/** An optional object. */
export function section(fields: Fields, name: string): Fields | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) throw invalid(value, name, "Member must be an object");
  return value as Fields;
}

/** An optional text of `min` to `max` characters. */
export function text(fields: Fields, name: string, min: number, max: number): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && value.length >= min && value.length <= max) return value;
  throw invalid(value, name, `Member must be text of ${min} to ${max} characters`);
}

/** An optional list of at most `max` items. */
export function list(fields: Fields, name: string, max: number): readonly unknown[] | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.length > max) throw invalid(value, name, `Member must be a list of at most ${max} items`);
  return value as readonly unknown[];
}

/** A whole number in a range; absent only where it is not `required`. */
export function integer(fields: Fields, name: string, min: number, max: number, required = false): number | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined && !required) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalid(value, name, `Member must be a whole number from ${min} to ${max}`);
}

/** A number in a range with at most so many digits after the point. */
export function decimal(fields: Fields, name: string, min: number, max: number, digits: number): number {
  const value = fields[name];
  if (typeof value !== "number" || !(value >= min && value <= max)) throw invalid(value, name, `Member must be between ${min} and ${max}`);
  if (Number(value.toFixed(digits)) !== value) throw invalid(value, name, `Member must have at most ${digits} digits after the point`);
  return value;
}

/** One of AWS's names. */
export function oneOf<T extends string>(value: unknown, name: string, allowed: readonly T[]): T {
  const found = allowed.find((item) => item === value);
  if (found === undefined) throw invalid(value, name, `Member must satisfy enum value set: [${allowed.join(", ")}]`);
  return found;
}
