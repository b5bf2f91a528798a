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

/** Bytes of a Lua text as bytecode without debug information, as a 32-bit `luac -s` makes it (36 bytes apart on 123 kB). */
export function strippedBytes(code: string): number {
  const { lauxlib, lua } = fengari;
  const L = lauxlib.luaL_newstate();
  const text = fengari.to_luastring(code);
  if (lauxlib.luaL_loadbuffer(L, text, text.length, fengari.to_luastring("=")) !== 0) {
    throw new Error(fengari.to_jsstring(lauxlib.luaL_tolstring(L, -1)));
  }
  let bytes = 0;
  lua.lua_dump(L, (_, _piece, length) => ((bytes += length), 0), null, true);
  return bytes;
}
