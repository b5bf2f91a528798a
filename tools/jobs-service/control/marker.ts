/** The two older ways in which AWS IoT cuts lists into pages. Their items come newest first, unless asked for the other way round. */
import type { Context } from "hono";
import { ControlRefusal } from "../rules";

const maxPage = 250;

function cut<T>(c: Context, all: readonly T[], sizeField: string, startField: string): { items: readonly T[]; next: string | undefined } {
  const size = Number(c.req.query(sizeField) ?? maxPage);
  if (!Number.isInteger(size) || size < 1 || size > maxPage) {
    throw new ControlRefusal("InvalidRequestException", `${sizeField} must be a whole number from 1 to ${maxPage}`);
  }
  const given = c.req.query(startField) ?? "0";
  if (!/^\d{1,9}$/.test(given)) throw new ControlRefusal("InvalidRequestException", `${startField} is not one that this service gave`);
  const end = Number(given) + size;
  return { items: all.slice(Number(given), end), next: end < all.length ? String(end) : undefined };
}

/** `pageSize`, `marker` and `isAscendingOrder` of the query. `all` is oldest first. */
export function marked(c: Context, field: string, all: readonly unknown[]): object {
  const ordered = c.req.query("isAscendingOrder") === "true" ? all : [...all].reverse();
  const { items, next } = cut(c, ordered, "pageSize", "marker");
  return { [field]: items, ...(next !== undefined && { nextMarker: next }) };
}

/** `maxResults` and `nextToken` of the query. */
export function tokenPage(c: Context, field: string, all: readonly unknown[]): object {
  const { items, next } = cut(c, all, "maxResults", "nextToken");
  return { [field]: items, ...(next !== undefined && { nextToken: next }) };
}
