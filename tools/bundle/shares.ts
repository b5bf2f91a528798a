/** How much of the bundle each source file is answerable for. Functions move between files in it, but each line knows where it came from. */
import { TraceMap, decodedMappings } from "@jridgewell/trace-mapping";
import { prototypeOf, type Prototype } from "./fengari";

/** Stands in the place of a file's name for TypeScriptToLua's library. */
export const libraryName = "lualib";

/** What one source file, or the library, costs. */
export interface ModuleSize {
  readonly name: string;
  readonly textBytes: number;
  /** In bytecode without debug information. A function's head and constants are divided like its instructions. */
  readonly strippedBytes: number;
}

/** Besides its instructions: source, lines, counts of parameters and registers, and the lengths of seven lists, in 32-bit bytecode. */
const headBytes = 40;

function ownBytes({ k, code, upvalues }: Prototype): number {
  const constants = k.map(({ value }) => {
    if (typeof value === "number") return Number.isInteger(value) ? 5 : 9;
    return typeof value === "object" && value !== null ? value.realstring.length + 2 : 2;
  });
  return headBytes + 4 * code.length + 2 * upvalues.length + constants.reduce((sum, bytes) => sum + bytes, 0);
}

/** In the order of the bundle. What has no source, such as an `end` between two, goes with the line before it. */
export function sharesOf(lua: string, map: string): ModuleSize[] {
  const trace = new TraceMap(map);
  const shares = new Map<string, { textBytes: number; strippedBytes: number }>();
  const mappings = decodedMappings(trace);
  let source = libraryName;
  const sourceOf = lua.split("\n").map((text, index) => {
    const found = mappings[index]?.find((piece) => piece.length > 1);
    if (found?.[1] !== undefined) source = trace.sources[found[1]] ?? source;
    const share = shares.get(source) ?? { textBytes: 0, strippedBytes: 0 };
    share.textBytes += Buffer.byteLength(text) + 1;
    shares.set(source, share);
    return source;
  });

  const add = (prototype: Prototype): void => {
    const bytes = ownBytes(prototype) / prototype.code.length;
    for (const line of prototype.lineinfo) {
      const share = shares.get(sourceOf[line - 1] ?? libraryName);
      if (share !== undefined) share.strippedBytes += bytes;
    }
    prototype.p.forEach(add);
  };
  add(prototypeOf(lua));
  return [...shares].map(([name, { textBytes, strippedBytes }]) => ({ name, textBytes, strippedBytes: Math.round(strippedBytes) }));
}
