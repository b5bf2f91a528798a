/** The part of fengari (Lua 5.3 in JavaScript, int32 and double) that the virtual board uses; it brings no types of its own. */
import { createRequire } from "node:module";

/** A Lua thread. */
export interface LuaState {
  /** First free slot, as `lua_gettop` counts from the current function. */
  readonly top: number;
  readonly stack: { readonly type: number; readonly value: unknown }[];
}
/** A function of the firmware, callable from Lua: takes its arguments from the stack, returns how many results it pushed. */
export type CFunction = (L: LuaState) => number;
/** Text for Lua: JavaScript strings become UTF-8, byte arrays go in as they are. */
export type LuaText = string | Uint8Array;

interface Core {
  LUA_MULTRET: number;
  LUA_REGISTRYINDEX: number;
  LUA_MASKCOUNT: number;
  LUA_OK: number;
  LUA_YIELD: number;
  LUA_ERRRUN: number;
  LUA_RIDX_GLOBALS: number;
  lua_upvalueindex(n: number): number;
  lua_absindex(L: LuaState, index: number): number;
  lua_call(L: LuaState, args: number, results: number): void;
  lua_concat(L: LuaState, n: number): void;
  lua_createtable(L: LuaState, arrayHint: number, fieldHint: number): void;
  lua_error(L: LuaState): never;
  lua_getfield(L: LuaState, index: number, name: LuaText): number;
  lua_getglobal(L: LuaState, name: LuaText): number;
  lua_getmetatable(L: LuaState, index: number): boolean;
  lua_gettable(L: LuaState, index: number): number;
  lua_gettop(L: LuaState): number;
  lua_insert(L: LuaState, index: number): void;
  lua_isfunction(L: LuaState, index: number): boolean;
  lua_isinteger(L: LuaState, index: number): boolean;
  lua_isnil(L: LuaState, index: number): boolean;
  lua_isnone(L: LuaState, index: number): boolean;
  lua_isnoneornil(L: LuaState, index: number): boolean;
  lua_isnumber(L: LuaState, index: number): boolean;
  lua_isstring(L: LuaState, index: number): boolean;
  lua_istable(L: LuaState, index: number): boolean;
  lua_newthread(L: LuaState): LuaState;
  lua_newtable(L: LuaState): void;
  lua_newuserdata(L: LuaState, size: number): { self?: unknown };
  lua_next(L: LuaState, index: number): number;
  lua_pcall(L: LuaState, args: number, results: number, handler: number): number;
  lua_pop(L: LuaState, n: number): void;
  lua_pushboolean(L: LuaState, value: boolean): void;
  lua_pushcclosure(L: LuaState, f: CFunction, upvalues: number): void;
  lua_pushcfunction(L: LuaState, f: CFunction): void;
  lua_pushinteger(L: LuaState, value: number): void;
  lua_pushlightuserdata(L: LuaState, value: unknown): void;
  lua_pushnil(L: LuaState): void;
  lua_pushnumber(L: LuaState, value: number): void;
  lua_pushstring(L: LuaState, text: LuaText): void;
  lua_pushvalue(L: LuaState, index: number): void;
  lua_rawequal(L: LuaState, a: number, b: number): boolean;
  lua_rawget(L: LuaState, index: number): number;
  lua_rawgeti(L: LuaState, index: number, n: number): number;
  lua_rawset(L: LuaState, index: number): void;
  lua_rawseti(L: LuaState, index: number, n: number): void;
  lua_remove(L: LuaState, index: number): void;
  lua_replace(L: LuaState, index: number): void;
  lua_resume(L: LuaState, from: LuaState, args: number): number;
  lua_setfield(L: LuaState, index: number, name: LuaText): void;
  lua_setglobal(L: LuaState, name: LuaText): void;
  lua_sethook(L: LuaState, hook: (L: LuaState) => void, mask: number, count: number): void;
  lua_setmetatable(L: LuaState, index: number): void;
  lua_settable(L: LuaState, index: number): void;
  lua_settop(L: LuaState, index: number): void;
  lua_status(L: LuaState): number;
  lua_stringtonumber(L: LuaState, text: Uint8Array): number;
  lua_toboolean(L: LuaState, index: number): boolean;
  lua_tocfunction(L: LuaState, index: number): CFunction | null;
  lua_tointeger(L: LuaState, index: number): number;
  lua_tonumber(L: LuaState, index: number): number;
  lua_topointer(L: LuaState, index: number): unknown;
  lua_tostring(L: LuaState, index: number): Uint8Array | null;
  lua_tothread(L: LuaState, index: number): LuaState | null;
  lua_touserdata(L: LuaState, index: number): unknown;
  lua_type(L: LuaState, index: number): number;
  lua_typename(L: LuaState, type: number): Uint8Array;
  lua_xmove(from: LuaState, to: LuaState, n: number): void;
}
interface Auxiliary {
  luaL_argerror(L: LuaState, arg: number, message: LuaText): never;
  luaL_checkany(L: LuaState, arg: number): void;
  luaL_checkinteger(L: LuaState, arg: number): number;
  luaL_checknumber(L: LuaState, arg: number): number;
  luaL_checkstack(L: LuaState, slots: number, message: LuaText): void;
  luaL_checkstring(L: LuaState, arg: number): Uint8Array;
  luaL_checktype(L: LuaState, arg: number, type: number): void;
  luaL_checkudata(L: LuaState, arg: number, typeName: LuaText): { self?: unknown };
  luaL_testudata(L: LuaState, arg: number, typeName: LuaText): { self?: unknown } | null;
  luaL_error(L: LuaState, format: LuaText, ...args: unknown[]): never;
  luaL_getmetafield(L: LuaState, index: number, name: LuaText): number;
  luaL_getmetatable(L: LuaState, typeName: LuaText): number;
  luaL_loadbufferx(L: LuaState, code: Uint8Array, length: number, chunkName: LuaText, mode: LuaText | null): number;
  luaL_newmetatable(L: LuaState, typeName: LuaText): number;
  luaL_newstate(): LuaState;
  luaL_optinteger(L: LuaState, arg: number, fallback: number): number;
  luaL_optstring(L: LuaState, arg: number, fallback: LuaText | null): Uint8Array | null;
  luaL_ref(L: LuaState, table: number): number;
  luaL_requiref(L: LuaState, name: LuaText, open: CFunction, global: boolean): void;
  luaL_tolstring(L: LuaState, index: number): Uint8Array;
  luaL_traceback(L: LuaState, of: LuaState, message: LuaText | null, level: number): void;
  luaL_unref(L: LuaState, table: number, ref: number): void;
  luaL_where(L: LuaState, level: number): void;
}
interface Libraries {
  luaopen_base: CFunction;
  luaopen_string: CFunction;
  luaopen_table: CFunction;
  luaopen_math: CFunction;
  luaopen_coroutine: CFunction;
  luaopen_utf8: CFunction;
  luaopen_debug: CFunction;
}

const load = createRequire(import.meta.url);
// The chip's Lua stack has 12,000 slots (LUAI_MAXSTACK in NodeMCU's luaconf.h); fengari reads this when it is first loaded.
process.env["FENGARICONF"] ??= JSON.stringify({ LUAI_MAXSTACK: 12000 });
const fengari = load("fengari") as {
  lua: Core;
  lauxlib: Auxiliary;
  lualib: Libraries;
  to_luastring(text: string, cache?: boolean): Uint8Array;
};

export const lua = fengari.lua;
export const lauxlib = fengari.lauxlib;
export const lualib = fengari.lualib;

/** `lua_type` of a value. */
export const luaType = {
  none: -1,
  nil: 0,
  boolean: 1,
  lightUserdata: 2,
  number: 3,
  string: 4,
  table: 5,
  function: 6,
  userdata: 7,
  thread: 8,
} as const;

/** A table as fengari keeps it. */
export interface LuaTable {
  strong: Map<unknown, { readonly key: LuaValue; readonly value: LuaValue }>;
  metatable: LuaTable | null;
}
/** A value as fengari keeps it: `type` is Lua's type plus its variant in the bits above the fourth. */
export interface LuaValue {
  type: number;
  value: unknown;
  setfrom(other: LuaValue): void;
  setsvalue(text: unknown): void;
  setdeadvalue(): void;
  ttisinteger(): boolean;
}

interface Internals {
  object: { TValue: new (type: number, value: unknown) => LuaValue; luaO_tostring(L: LuaState, value: LuaValue): void };
  debug: { luaG_runerror(L: LuaState, message: Uint8Array): never };
  string: { luaS_bless(L: LuaState, bytes: Uint8Array): unknown };
  parser: { luaY_parser(...args: unknown[]): { readonly p: Proto } };
}
/** What the compiler makes of a function. */
export interface Proto {
  readonly p: readonly Proto[];
  readonly upvalues: readonly { name: unknown }[];
  locvars: readonly unknown[];
}
/** Parts of fengari 0.1.5 that it does not export: needed for read-only tables, number texts and names in errors. */
export const internals: Internals = {
  object: load("fengari/src/lobject.js") as Internals["object"],
  debug: load("fengari/src/ldebug.js") as Internals["debug"],
  string: load("fengari/src/lstring.js") as Internals["string"],
  parser: load("fengari/src/lparser.js") as Internals["parser"],
};

/** Bytes of a text as Lua has it (UTF-8), cached. */
export function bytes(text: string): Uint8Array {
  return fengari.to_luastring(text, true);
}

/** A Lua string as a JavaScript string with one character for each byte. */
export function latin1(text: Uint8Array): string {
  return Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString("latin1");
}

/** A Lua string for a person: UTF-8. */
export function utf8(text: Uint8Array): string {
  return Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString("utf8");
}
