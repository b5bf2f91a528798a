/** fengari, Lua 5.3 in JavaScript: what needs a Lua machine and no board. */
import { createRequire } from "node:module";

/** A Lua state. */
export type State = object;

/** The part used here; the package brings no types. */
export interface Fengari {
  to_luastring(text: string): Uint8Array;
  to_jsstring(bytes: Uint8Array): string;
  lauxlib: {
    luaL_newstate(): State;
    luaL_loadbuffer(L: State, code: Uint8Array, length: number, chunkName: Uint8Array): number;
    luaL_checkstring(L: State, index: number): Uint8Array;
    luaL_tolstring(L: State, index: number): Uint8Array;
  };
  lua: {
    lua_register(L: State, name: Uint8Array, body: () => number): void;
    lua_pushinteger(L: State, value: number): void;
    lua_dump(L: State, write: (L: State, bytes: Uint8Array, length: number) => number, data: null, strip: boolean): number;
    lua_pcall(L: State, args: number, results: number, handler: number): number;
  };
  lualib: { luaL_openlibs(L: State): void };
}

/** The package itself. */
export const fengari = createRequire(import.meta.url)("fengari") as Fengari;

/** A compiled function, as fengari keeps it. */
export interface Prototype {
  readonly code: readonly unknown[];
  /** The line of each instruction. */
  readonly lineinfo: readonly number[];
  /** Constants. */
  readonly k: readonly { readonly value: number | boolean | null | { readonly realstring: Uint8Array } }[];
  readonly upvalues: readonly unknown[];
  /** The functions inside it. */
  readonly p: readonly Prototype[];
}

function load(code: string): { stack: readonly { value: { p: Prototype } }[]; top: number } {
  const { lauxlib } = fengari;
  const L = lauxlib.luaL_newstate();
  const text = fengari.to_luastring(code);
  if (lauxlib.luaL_loadbuffer(L, text, text.length, fengari.to_luastring("=")) !== 0) {
    throw new Error(fengari.to_jsstring(lauxlib.luaL_tolstring(L, -1)));
  }
  return L as ReturnType<typeof load>;
}

/** The function that a Lua text is. */
export function prototypeOf(code: string): Prototype {
  const { stack, top } = load(code);
  const compiled = stack[top - 1];
  if (compiled === undefined) throw new Error("nothing was compiled");
  return compiled.value.p;
}

/** Bytes of a Lua text as bytecode without debug information, as a 32-bit `luac -s` makes it (36 bytes apart on 123 kB). */
export function strippedBytes(code: string): number {
  let bytes = 0;
  fengari.lua.lua_dump(load(code), (_, _piece, length) => ((bytes += length), 0), null, true);
  return bytes;
}
