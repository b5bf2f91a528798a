/** The options table of createConnection (http.c parse_options, common.c). */
import { raise } from "../bind";
import type { LuaState } from "../lua";
import { latin1, lua, luaType } from "../lua";

export interface ConnectionOptions {
  readonly timeoutMs: number;
  readonly bufferBytes: number;
  /** 0: redirects are not followed. */
  readonly maxRedirects: number;
  readonly isAsync: boolean;
  readonly ca: Buffer | undefined;
}

/** An option of the table on top of the stack; raises common.c's error when it is of another type. Leaves the value there if it is set. */
function option(L: LuaState, name: string, type: number): boolean {
  if (!lua.lua_istable(L, -1)) return false;
  const got = lua.lua_getfield(L, -1, name);
  if (got === luaType.nil) {
    lua.lua_pop(L, 1);
    return false;
  }
  const nameOf = (t: number): string => latin1(lua.lua_typename(L, t));
  if (got !== type) raise(L, `bad option ${name} to 'createConnection' (${nameOf(type)} expected, got ${nameOf(got)})`);
  return true;
}
function integerOption(L: LuaState, name: string, fallback: number): number {
  if (!option(L, name, luaType.number)) return fallback;
  const value = lua.lua_tointeger(L, -1);
  lua.lua_pop(L, 1);
  return value;
}

/** Reads the table on top of the stack, or gives the defaults where there is none. */
export function readOptions(L: LuaState): ConnectionOptions {
  const timeoutMs = integerOption(L, "timeout", 10_000);
  const bufferBytes = integerOption(L, "bufsz", 512);
  const maxRedirects = integerOption(L, "max_redirects", 10);
  let isAsync = false;
  if (option(L, "async", luaType.boolean)) {
    isAsync = lua.lua_toboolean(L, -1);
    lua.lua_pop(L, 1);
  }
  let ca: Buffer | undefined;
  if (option(L, "cert", luaType.string)) {
    ca = Buffer.from(lua.lua_tostring(L, -1)!);
    lua.lua_pop(L, 1);
  }
  return { timeoutMs, bufferBytes, maxRedirects, isAsync, ca };
}
