/** Lua's line numbers as TypeScript's, by the source map beside a bundle. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { TraceMap, decodedMappings } from "@jridgewell/trace-mapping";

/** Gives a function that replaces every `agent.lua:12` in a text by the place in the source that it came from. */
export function createLineMapper(luaFile: string): (text: string) => string {
  const map = new TraceMap(readFileSync(`${luaFile}.map`, "utf8"));
  const place = new RegExp(`[\\w./-]*${basename(luaFile).replace(".", "\\.")}:(\\d+)`, "g");
  return (text) =>
    text.replace(place, (whole, line: string) => {
      // Some pieces of a line have no source of their own, such as its indentation.
      const found = decodedMappings(map)[Number(line) - 1]?.find((piece) => piece.length > 1);
      return found === undefined || found.length === 1 ? whole : `${map.sources[found[1]] ?? ""}:${found[2] + 1}`;
    });
}
