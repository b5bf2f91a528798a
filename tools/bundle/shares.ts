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

/** Stripped bytecode by what it consists of, in bytes. */
export interface Kinds {
  readonly instructions: number;
  /** Texts that a person reads: those with a space. */
  readonly sentences: number;
  /** All other texts: names of fields and of globals, words of a protocol. A function holds its own copy of each. */
  readonly words: number;
  readonly numbers: number;
  /** What each function has besides, with two bytes for each variable from around it. */
  readonly heads: number;
}

function kindsIn({ k, code, upvalues }: Prototype): Kinds {
  const texts = k.map(({ value }) => (typeof value === "object" && value !== null ? value.realstring : undefined));
  const bytes = (isWanted: (text: Uint8Array) => boolean): number =>
    texts.reduce((sum, text) => (text !== undefined && isWanted(text) ? sum + text.length + 2 : sum), 0);
  const space = 32;
  return {
    instructions: 4 * code.length,
    sentences: bytes((text) => text.includes(space)),
    words: bytes((text) => !text.includes(space)),
    numbers: k.reduce((sum, { value }) => sum + (typeof value === "number" ? (Number.isInteger(value) ? 5 : 9) : 0), 0),
    heads: headBytes + 2 * upvalues.length + k.filter(({ value }) => value === null || typeof value === "boolean").length,
  };
}

/** What a Lua text consists of as bytecode. */
export function kindsOf(lua: string): Kinds {
  const sum = { instructions: 0, sentences: 0, words: 0, numbers: 0, heads: 0 };
  const add = (prototype: Prototype): void => {
    const own = kindsIn(prototype);
    for (const kind of Object.keys(sum) as (keyof Kinds)[]) sum[kind] += own[kind];
    prototype.p.forEach(add);
  };
  add(prototypeOf(lua));
  return sum;
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
    const bytes = Object.values(kindsIn(prototype)).reduce((sum: number, part: number) => sum + part, 0) / prototype.code.length;
    for (const line of prototype.lineinfo) {
      const share = shares.get(sourceOf[line - 1] ?? libraryName);
      if (share !== undefined) share.strippedBytes += bytes;
    }
    prototype.p.forEach(add);
  };
  add(prototypeOf(lua));
  return [...shares].map(([name, { textBytes, strippedBytes }]) => ({ name, textBytes, strippedBytes: Math.round(strippedBytes) }));
}
