/** Reads what a control call carries in its query and its body. */
import type { Context } from "hono";
import { invalid, type Fields } from "../rules/input-checks";
import { readTarget } from "../rules/names";

export { readJsonBody } from "../json-body";

/** The query parameters that were given, as text. */
export function query<Name extends string>(c: Context, ...names: readonly Name[]): { [name in Name]?: string } {
  const found: { [name in Name]?: string } = {};
  for (const name of names) {
    const value = c.req.query(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** The part of a list that is asked for. */
export function page(c: Context): { maxResults?: number; nextToken?: string } {
  const maxResults = whole(c, "maxResults");
  return { ...(maxResults !== undefined && { maxResults }), ...query(c, "nextToken") };
}

/** A whole number in the query. */
export function whole(c: Context, name: string): number | undefined {
  return wholeNumber(c.req.query(name), name);
}

export function wholeNumber(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d{1,15}$/.test(text)) throw invalid(text, name, "Member must be a whole number");
  return Number(text);
}

/** `true` or `false` in the query. */
export function flag(c: Context, name: string): boolean | undefined {
  const text = c.req.query(name);
  if (text === undefined) return undefined;
  if (text !== "true" && text !== "false") throw invalid(text, name, "Member must be a boolean");
  return text === "true";
}

/** The same as a member, which is left out where it was not given. */
export function flags<Name extends string>(c: Context, ...names: readonly Name[]): { [name in Name]?: boolean } {
  const found: { [name in Name]?: boolean } = {};
  for (const name of names) {
    const value = flag(c, name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

export function isForced(c: Context): boolean {
  return flag(c, "force") ?? false;
}

/** A name in a body, given as such or in an ARN. */
export function named(body: Fields, nameField: string, arnField: string): string {
  const name = body[nameField] ?? undefined;
  if (typeof name === "string") return name;
  if (name !== undefined) throw invalid(name, nameField, "Member must be a string");
  const arn = body[arnField] ?? undefined;
  const target = typeof arn === "string" ? readTarget(arn) : undefined;
  if (target === undefined)
    throw invalid(arn, arn === undefined ? nameField : arnField, arn === undefined ? "Member must not be null" : "Member must be an ARN");
  return target.name;
}
