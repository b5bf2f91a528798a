/** How functions of the firmware take their arguments and make their tables. */
import type { CFunction, LuaState } from "./lua";
import { bytes, latin1, lauxlib, lua } from "./lua";

/** Adds functions to the table on top of the stack. */
export function setFunctions(L: LuaState, functions: Readonly<Record<string, CFunction>>): void {
  for (const [name, body] of Object.entries(functions)) {
    lua.lua_pushcfunction(L, body);
    lua.lua_setfield(L, -2, name);
  }
}

/** Adds integers to the table on top of the stack. */
export function setIntegers(L: LuaState, integers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(integers)) {
    lua.lua_pushinteger(L, value);
    lua.lua_setfield(L, -2, name);
  }
}

/** Makes a userdata of a kind that `addClass` registered, and leaves it on the stack. */
export function newObject(L: LuaState, typeName: string, self: object): void {
  lua.lua_newuserdata(L, 0).self = self;
  lauxlib.luaL_getmetatable(L, typeName);
  lua.lua_setmetatable(L, -2);
}

/** The object at `arg`; raises Lua's own error for anything else. */
export function checkObject<T>(L: LuaState, arg: number, typeName: string): T {
  return lauxlib.luaL_checkudata(L, arg, typeName).self as T;
}

/** The string at `arg`, one character for each byte. */
export function checkText(L: LuaState, arg: number): string {
  return latin1(lauxlib.luaL_checkstring(L, arg));
}

/** Raises a Lua error with the position of the caller in front. */
export function raise(L: LuaState, message: string): never {
  return lauxlib.luaL_error(L, bytes("%s"), bytes(message));
}
