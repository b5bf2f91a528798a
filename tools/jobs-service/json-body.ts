/** A JSON object from the body of an HTTP request; an empty body is `{}`. */
import type { Context } from "hono";
import { readBody } from "./rules/fields";
import { ControlRefusal } from "./rules";

export async function readJsonBody(c: Context): Promise<Readonly<Record<string, unknown>>> {
  const body = readBody(new Uint8Array(await c.req.arrayBuffer()));
  if (body === undefined) throw new ControlRefusal("InvalidRequestException", "The body is not a JSON object");
  return body;
}
