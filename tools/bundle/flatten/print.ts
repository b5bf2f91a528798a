/** The text of a flat program, and the map of its lines. */
import { relative } from "node:path";
import { FlattenMap, encodedMap } from "@jridgewell/trace-mapping";
import type ts from "typescript";
import * as lua from "typescript-to-lua";
import type { Program } from "./program";

/** A flat program as it is written to disk. */
export interface Printed {
  readonly lua: string;
  readonly map: string;
}

/** Prints the parts one after the other, below the library, which has no source. Each begins with `-- ` and its file's name from `folder`. */
export function print(program: Program, compiled: ts.Program, host: lua.EmitHost, library: string, folder: string): Printed {
  const texts: string[] = library === "" ? [] : [`-- lualib\n${library}\n`];
  const sections = [];
  const linesSoFar = (): number => texts.join("").split("\n").length - 1;
  for (const { fileName, block } of program.parts) {
    if (block.statements.length === 0) continue;
    const file = lua.createFile(block.statements, new Set(), "");
    const { code, sourceMap } = new lua.LuaPrinter(host, compiled, fileName).print(file);
    texts.push(`-- ${relative(folder, fileName)}\n`);
    sections.push({ offset: { line: linesSoFar(), column: 0 }, map: sourceMap });
    texts.push(code);
  }
  const map = new FlattenMap({ version: 3, sections }, "");
  return { lua: texts.join(""), map: JSON.stringify(encodedMap(map)) };
}
