/** What an action takes: declared fields, the TypeScript type that follows from them, and the check of a document against them. */
import { failed, type Failure } from "../failure";
import { hasOnly } from "../portable/characters";
import { rangeProblem, text as digits } from "../portable/integers";
import { sortedKeys } from "../portable/keys";

/** A whole number from `min` to `max`. Without a default it is required. */
export interface IntegerField {
  readonly kind: "integer";
  readonly min: number;
  readonly max: number;
  readonly default?: number;
  /** For people: `ms`, `bytes`. */
  readonly unit?: string;
  readonly about: string;
}

/** Text of `min` to `max` characters. Without a default it is required. */
export interface TextField {
  readonly kind: "text";
  readonly min: number;
  readonly max: number;
  /** The only characters allowed, when given. */
  readonly of?: string;
  readonly default?: string;
  readonly about: string;
}

/** A field that may be missing, and is then undefined. */
export interface OptionalField {
  readonly kind: "optional";
  readonly field: IntegerField | TextField;
}

export type Field = IntegerField | TextField | OptionalField;

/** The fields of an action by their name in the document; `a.b` is the member `b` of the object `a`. */
export type Fields = Readonly<Record<string, Field>>;

type Value<F> = F extends IntegerField
  ? number
  : F extends TextField
    ? string
    : F extends { readonly field: infer G }
      ? Value<G> | undefined
      : never;

/** The checked input that an action with these fields runs with. */
export type Input<F extends Fields> = { readonly [K in keyof F]: Value<F[K]> };

/** What a document says, checked: every declared field, with its default where the document is silent. */
export type AnyInput = Readonly<Record<string, number | string | undefined>>;

/** Checks the fields of a document. The first one that is wrong, in the order of their names, comes back as a failure; fields nobody declared are left alone. */
export function checkInput(
  fields: Fields,
  document: Readonly<Record<string, unknown>>,
): { readonly ok: true; readonly input: AnyInput } | Failure {
  const input: Record<string, number | string | undefined> = {};
  for (const name of sortedKeys(fields)) {
    const declared = fields[name];
    if (declared === undefined) continue;
    const field = declared.kind === "optional" ? declared.field : declared;
    const dot = name.indexOf(".");
    const outer = name.slice(0, dot < 0 ? 0 : dot);
    const holder = dot < 0 ? document : document[outer];
    if (holder !== undefined && typeof holder !== "object") return failed("INPUT_INVALID", `"${outer}" must be an object`);
    const value = (holder as Readonly<Record<string, unknown>> | undefined)?.[name.slice(dot + 1)];
    if (value === undefined) {
      if (declared.kind !== "optional" && field.default === undefined) return failed("INPUT_INVALID", `"${name}" is missing`);
      input[name] = field.default;
    } else {
      const problem = field.kind === "integer" ? rangeProblem(value, field.min, field.max) : textProblem(field, value);
      if (problem !== undefined) return failed("INPUT_INVALID", `"${name}" ${problem}`);
      // A whole number that arrived as 3.0 must not print as such.
      input[name] = typeof value === "number" ? Math.floor(value) : (value as string);
    }
  }
  return { ok: true, input };
}

function textProblem(field: TextField, value: unknown): string | undefined {
  if (typeof value !== "string") return "must be text";
  if (value.length < field.min || value.length > field.max) {
    return field.min === field.max
      ? `must have ${digits(field.min)} characters`
      : `must have ${digits(field.min)} to ${digits(field.max)} characters`;
  }
  const allowed = field.of;
  return allowed === undefined || hasOnly(value, allowed) ? undefined : `may only have the characters ${allowed}`;
}
