/** Reads what a control call carries in its query and its body. */
import type { Context } from "hono";
import { ControlRefusal } from "../rules";
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
  const { maxResults, ...rest } = query(c, "maxResults", "nextToken");
  return maxResults === undefined ? rest : { ...rest, maxResults: Number(maxResults) };
}

export function isForced(c: Context): boolean {
  return c.req.query("force") === "true";
}

/** A name in a body, given as such or in an ARN. */
export function named(body: Readonly<Record<string, unknown>>, nameField: string, arnField: string): string {
  const name = body[nameField];
  if (typeof name === "string") return name;
  const arn = body[arnField];
  const target = typeof arn === "string" ? readTarget(arn) : undefined;
  if (target === undefined) throw new ControlRefusal("InvalidRequestException", `${nameField} is missing`);
  return target.name;
}
