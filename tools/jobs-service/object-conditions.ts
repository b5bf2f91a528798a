/** The conditions that a GET or HEAD may carry, in the order that RFC 9110, section 13.2.2, gives them. */
import type { StoredObject } from "./objects";

export type Condition =
  | { readonly outcome: "send"; readonly rangeHolds: boolean }
  | { readonly outcome: "not-modified" }
  | { readonly outcome: "failed"; readonly header: string };

/** Header names are in lower case. */
export function condition(headers: Readonly<Record<string, string>>, { etag, lastModifiedMs }: StoredObject): Condition {
  const names = (value: string): boolean => value.trim() === "*" || value.split(",").some((one) => one.trim().replace(/^W\//, "") === etag);
  const isSince = (value: string): boolean => !(Date.parse(value) >= lastModifiedMs);
  const { "if-match": match, "if-none-match": noneMatch, "if-range": ifRange } = headers;
  const { "if-modified-since": modified, "if-unmodified-since": unmodified } = headers;
  if (match !== undefined && !names(match)) return { outcome: "failed", header: "If-Match" };
  if (match === undefined && unmodified !== undefined && Date.parse(unmodified) < lastModifiedMs) {
    return { outcome: "failed", header: "If-Unmodified-Since" };
  }
  if (noneMatch !== undefined ? names(noneMatch) : modified !== undefined && !isSince(modified)) return { outcome: "not-modified" };
  // A part of what has become another object is of no use: all of it is sent.
  return { outcome: "send", rangeHolds: ifRange === undefined || ifRange === etag || Date.parse(ifRange) === lastModifiedMs };
}
