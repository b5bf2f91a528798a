/** Lists page by page. */
import { createHash } from "node:crypto";
import { refusal } from "./input-checks";
import { ControlRefusal, violation } from "./refusals";

export interface Page {
  readonly maxResults?: number;
  readonly nextToken?: string;
}

/** 250 for every list of jobs, things and what belongs to them (API model). */
const maxPage = 250;

/** Names a list and its filter; a token of another one is refused. */
function markOf(list: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(list)).digest("base64url").slice(0, 12);
}

/** Cuts a page out of a list, and looks no further. The token says where the next one starts and of which list; it means nothing to the caller. */
export function pageOf<T>(
  all: Iterable<T>,
  { maxResults = maxPage, nextToken }: Page,
  ...list: readonly unknown[]
): { items: T[]; nextToken?: string } {
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > maxPage) {
    const constraint = `Member must have value ${maxResults < 1 ? "greater than or equal to 1" : `less than or equal to ${maxPage}`}`;
    throw new ControlRefusal("InvalidRequestException", violation(String(maxResults), "maxResults", constraint));
  }
  const mark = markOf(list);
  const start = nextToken === undefined ? 0 : startIn(nextToken, mark);
  const items: T[] = [];
  const next = start + maxResults;
  let place = 0;
  for (const item of all) {
    if (place === next) return { items, nextToken: Buffer.from(`${mark}.${next}`).toString("base64url") };
    if (place++ >= start) items.push(item);
  }
  return { items };
}

function startIn(token: string, mark: string): number {
  const [itsMark, start = ""] = Buffer.from(token, "base64url").toString().split(".");
  if (itsMark !== mark || !/^\d{1,9}$/.test(start)) throw refusal("Invalid pagination token");
  return Number(start);
}
