/** What the bundle costs: in flash, and in a board's memory. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { LuaTarget } from "./targets";
import { strippedBytes } from "./fengari";
import type { Heap } from "./heap";
import { measureHeap } from "./heap";
import { kindsOf, libraryName, sharesOf, type Kinds, type ModuleSize } from "./shares";

/** What the bundle should cost at most. */
export const goals = { strippedBytes: 32_000, heapBytes: 24_000 };

/** What a test lets it cost while the goals are not reached: a little more than today, so that growth is a decision. */
export const limits = { strippedBytes: 55_600, heapBytes: 89_400 };

/** Sizes in bytes. */
export interface Sizes {
  readonly textBytes: number;
  readonly gzipBytes: number;
  /** Bytecode without debug information, for int32 numbers. */
  readonly strippedBytes: number;
  /** TypeScriptToLua's library, in stripped bytecode. */
  readonly libraryBytes: number;
  readonly kinds: Kinds;
  /** Memory after boot, where Lua with 32-bit numbers was built (make native-lua). */
  readonly heap?: Heap;
  readonly modules: readonly ModuleSize[];
}

/** Measures a bundle that was built. */
export function measure(target: LuaTarget): Sizes {
  const lua = readFileSync(target.luaFile, "utf8");
  const whole = strippedBytes(lua);
  const modules = sharesOf(lua, readFileSync(`${target.luaFile}.map`, "utf8")).sort((a, b) => b.strippedBytes - a.strippedBytes);
  const heap = measureHeap(target.luaFile);
  return {
    textBytes: Buffer.byteLength(lua),
    gzipBytes: gzipSync(lua, { level: 9 }).length,
    strippedBytes: whole,
    kinds: kindsOf(lua),
    libraryBytes: modules.find(({ name }) => name === libraryName)?.strippedBytes ?? 0,
    ...(heap === undefined ? {} : { heap }),
    modules,
  };
}

/** A table for a person. */
export function describeSizes(sizes: Sizes): string {
  const percent = (part: number, whole: number): string => `${Math.round((100 * part) / whole)} %`;
  const rows: [string, number, string][] = [
    ["text", sizes.textBytes, ""],
    ["gzip -9", sizes.gzipBytes, ""],
    ["stripped bytecode", sizes.strippedBytes, `${percent(sizes.strippedBytes, goals.strippedBytes)} of the goal`],
    ["  of that Lua library", sizes.libraryBytes, percent(sizes.libraryBytes, sizes.strippedBytes)],
    ...Object.entries(sizes.kinds).map(([kind, bytes]: [string, number]): [string, number, string] => {
      return [`  of that ${kind}`, bytes, percent(bytes, sizes.strippedBytes)];
    }),
  ];
  if (sizes.heap !== undefined) {
    const { bytecodeBytes, withoutCodeBytes, textBytes } = sizes.heap;
    rows.push([
      "memory after boot",
      bytecodeBytes,
      `${percent(bytecodeBytes, goals.heapBytes)} of the goal; more than an empty VM, from bytecode`,
    ]);
    rows.push([
      "  of that without code",
      withoutCodeBytes,
      `${percent(withoutCodeBytes, goals.heapBytes)} of the goal; what is left where the code lies in flash`,
    ]);
    rows.push(["", textBytes, "memory after boot from text"]);
  }
  const lines = rows.map(([name, bytes, note]) => `${name.padEnd(24)}${`${bytes}`.padStart(8)}  ${note}`.trimEnd());
  const files = sizes.modules.map(
    ({ name, textBytes, strippedBytes: stripped }) => `  ${name.padEnd(38)}${`${textBytes}`.padStart(8)}${`${stripped}`.padStart(10)}`,
  );
  const memory =
    sizes.heap === undefined ? ["memory after boot: not measured here, it needs Lua with 32-bit numbers (make native-lua)"] : [];
  return [...lines, ...memory, "", `  ${"file".padEnd(38)}${"text".padStart(8)}${"stripped".padStart(10)}`, ...files].join("\n");
}
