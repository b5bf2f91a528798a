/** The text of a flat program, and the map of its lines. */
import { relative } from "node:path";
import { FlattenMap, encodedMap } from "@jridgewell/trace-mapping";
import type ts from "typescript";
import * as lua from "typescript-to-lua";
import type { Program } from "./program";
import { fileOf } from "./syntax";

/** A flat program as it is written to disk. */
export interface Printed {
  readonly lua: string;
  readonly map: string;
}

/** Code of one file may stand in a part of another: each node is mapped to the file that it came from. */
class FlatPrinter extends lua.LuaPrinter {
  private readonly paths = new Map<string, string>();

  constructor(
    private readonly host: lua.EmitHost,
    private readonly compiled: ts.Program,
    fileName: string,
  ) {
    super(host, compiled, fileName);
  }

  private pathOf(fileName: string): string {
    const known = this.paths.get(fileName) ?? new FlatPrinter(this.host, this.compiled, fileName).relativeSourcePath;
    this.paths.set(fileName, known);
    return known;
  }

  // Functions that moved to their callers stand deep inside them: one space a level keeps the text small.
  protected override pushIndent(): void {
    this.currentIndent += " ";
  }

  protected override popIndent(): void {
    this.currentIndent = this.currentIndent.slice(1);
  }

  protected override createSourceNode(
    ...[node, chunks, name]: Parameters<lua.LuaPrinter["createSourceNode"]>
  ): ReturnType<lua.LuaPrinter["createSourceNode"]> {
    const before = this.relativeSourcePath;
    const fileName = fileOf(node);
    if (fileName !== undefined) this.relativeSourcePath = this.pathOf(fileName);
    const made = super.createSourceNode(node, chunks, name);
    this.relativeSourcePath = before;
    return made;
  }
}

/** Prints the parts one after the other, below the library, which has no source. Each begins with `-- ` and its file's name from `folder`. */
export function print(program: Program, compiled: ts.Program, host: lua.EmitHost, library: string, folder: string): Printed {
  const texts: string[] = library === "" ? [] : [`-- lualib\n${library}\n`];
  const sections = [];
  const linesSoFar = (): number => texts.join("").split("\n").length - 1;
  for (const { fileName, block } of program.parts) {
    if (block.statements.length === 0) continue;
    const file = lua.createFile(block.statements, new Set(), "");
    const { code, sourceMap } = new FlatPrinter(host, compiled, fileName).print(file);
    texts.push(`-- ${relative(folder, fileName)}\n`);
    sections.push({ offset: { line: linesSoFar(), column: 0 }, map: sourceMap });
    texts.push(code);
  }
  const map = new FlattenMap({ version: 3, sections }, "");
  return { lua: texts.join(""), map: JSON.stringify(encodedMap(map)) };
}
