/** Lua's line numbers as TypeScript's, by the source map beside a bundle. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { TraceMap, originalPositionFor } from "@jridgewell/trace-mapping";

/** Gives a function that replaces every `agent.lua:12` in a text by the place in the source that it came from. */
export function createLineMapper(luaFile: string): (text: string) => string {
  const map = new TraceMap(readFileSync(`${luaFile}.map`, "utf8"));
  const place = new RegExp(`[\\w./-]*${basename(luaFile).replace(".", "\\.")}:(\\d+)`, "g");
  return (text) =>
    text.replace(place, (whole, line: string) => {
      // Column 0 is indentation, which has no source: the last place known on the line is asked for instead.
      const found = originalPositionFor(map, { line: Number(line), column: 1000 });
      return found.source === null ? whole : `${found.source}:${found.line}`;
    });
}
