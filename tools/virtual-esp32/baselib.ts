/** Lua's own libraries as NodeMCU links them (linit.c): in flash, without `os`, with `collectgarbage`, `require` and files of this board. */
import { registerCoroutines } from "./coroutines";
import type { CFunction, LuaState } from "./lua";
import { bytes, lauxlib, lua, lualib, luaType } from "./lua";
import { floatText } from "./numbers";
import { nextFunction } from "./order";
import { registerPackages } from "./packages";
import { newlibRand } from "./random";
import { makeReadOnly } from "./rotable";
import { formatFunction } from "./stringformat";
import type { Vm } from "./vm";
import { checkText, raise, setFunctions } from "./bind";
import { stackCost } from "./stack";

const baseNames = (
  "assert collectgarbage dofile error getmetatable ipairs load loadfile loadstring next pairs pcall print rawequal rawget rawlen rawset select " +
  "setmetatable tonumber tostring type unpack xpcall _VERSION"
).split(" ");
/** LUA_COMPAT_MATHLIB is off in NodeMCU's luaconf.h. */
const absentFromMath = ["pow", "cosh", "sinh", "tanh", "log10", "frexp", "ldexp", "atan2"];

/** The function of fengari in field `name` of the table at `index`. */
function original(L: LuaState, index: number, name: string): CFunction {
  lua.lua_getfield(L, index, name);
  const body = lua.lua_tocfunction(L, -1);
  lua.lua_pop(L, 1);
  if (body === null) throw new Error(`fengari has no ${name}`);
  return body;
}

export function registerBaseLibraries(vm: Vm): void {
  const { L } = vm;
  // An empty table takes the place of _LOADED, where fengari would register its libraries as loaded.
  lauxlib.luaL_requiref(L, "_G", lualib.luaopen_base, true);
  lua.lua_settop(L, 1);
  const ofFengari = (name: string): CFunction => original(L, 1, name);
  setFunctions(L, replaceBase(vm, ofFengari));
  lua.lua_getfield(L, -1, "load");
  lua.lua_setfield(L, -2, "loadstring");

  lua.lua_newtable(L); // ROM: what _G inherits from
  for (const name of baseNames) {
    lua.lua_getfield(L, 1, name);
    lua.lua_setfield(L, -2, name);
  }
  openLibrary(vm, "string", lualib.luaopen_string, (body) => ({
    gsub: vm.guarded(stackCost.gsub, body("gsub")),
    format: formatFunction(body("format")),
  }));
  openLibrary(vm, "table", lualib.luaopen_table, (body) => ({ sort: vm.guarded(stackCost.sort, body("sort")) }));
  openLibrary(vm, "math", lualib.luaopen_math, mathFunctions);
  openLibrary(vm, "coroutine", lualib.luaopen_coroutine, () => registerCoroutines(vm));
  openLibrary(vm, "utf8", lualib.luaopen_utf8, () => ({}));
  openLibrary(vm, "debug", lualib.luaopen_debug, () => ({
    sethook: (state) => raise(state, "debug.sethook is not there on the virtual board: its watchdog counts with it"),
  }));

  // string methods are found through the metatable of strings, which is in flash too, and has % for format.
  lua.lua_pushstring(L, "");
  lua.lua_getmetatable(L, -1);
  lua.lua_getfield(L, 2, "string");
  lua.lua_getfield(L, -1, "format");
  lua.lua_setfield(L, -3, "__mod");
  lua.lua_setfield(L, -2, "__index");
  makeReadOnly(L, -1, () => vm.running);
  lua.lua_settop(L, 2);

  emptyTable(L, 1);
  lua.lua_pushvalue(L, 1);
  lua.lua_setfield(L, 1, "_G");
  lua.lua_newtable(L);
  lua.lua_pushvalue(L, 2);
  lua.lua_setfield(L, -2, "__index");
  makeReadOnly(L, -1, () => vm.running);
  lua.lua_setmetatable(L, 1);
  lua.lua_setfield(L, lua.LUA_REGISTRYINDEX, "rom");
  lua.lua_settop(L, 0);
  registerPackages(vm);
}

function openLibrary(
  vm: Vm,
  name: string,
  open: CFunction,
  replace: (body: (name: string) => CFunction) => Readonly<Record<string, CFunction>>,
): void {
  const { L } = vm;
  lauxlib.luaL_requiref(L, name, open, false);
  const at = lua.lua_gettop(L);
  setFunctions(
    L,
    replace((field) => original(L, at, field)),
  );
  if (name === "math") {
    for (const absent of absentFromMath) {
      lua.lua_pushnil(L);
      lua.lua_setfield(L, -2, absent);
    }
  }
  makeReadOnly(L, -1, () => vm.running);
  lua.lua_setfield(L, 2, name);
}

function emptyTable(L: LuaState, index: number): void {
  const names: number[] = [];
  lua.lua_pushnil(L);
  while (lua.lua_next(L, index) !== 0) {
    lua.lua_pop(L, 1);
    lua.lua_pushvalue(L, -1);
    names.push(lauxlib.luaL_ref(L, lua.LUA_REGISTRYINDEX));
  }
  for (const name of names) {
    lua.lua_rawgeti(L, lua.LUA_REGISTRYINDEX, name);
    lua.lua_pushnil(L);
    lua.lua_rawset(L, index);
    lauxlib.luaL_unref(L, lua.LUA_REGISTRYINDEX, name);
  }
}

function replaceBase(vm: Vm, ofFengari: (name: string) => CFunction): Record<string, CFunction> {
  const next = nextFunction(vm.traversal);
  const tostring = ofFengari("tostring");
  const textOf: CFunction = (L) => {
    if (lua.lua_type(L, 1) !== luaType.number || lua.lua_isinteger(L, 1)) return tostring(L);
    lua.lua_pushstring(L, floatText(lua.lua_tonumber(L, 1)));
    return 1;
  };
  const loadFile = (L: LuaState, name: string): void => {
    const code = vm.options.readFile(name);
    if (code === undefined) raise(L, `cannot open ${name}`);
    if (lauxlib.luaL_loadbufferx(L, code, code.length, bytes(`@${name}`), null) !== lua.LUA_OK) lua.lua_error(L);
  };
  return {
    next,
    pairs(L) {
      if (lauxlib.luaL_getmetafield(L, 1, "__pairs") !== luaType.nil) {
        lua.lua_pushvalue(L, 1);
        lua.lua_call(L, 1, 3);
        return 3;
      }
      lauxlib.luaL_checktype(L, 1, luaType.table);
      lua.lua_pushcfunction(L, next);
      lua.lua_pushvalue(L, 1);
      lua.lua_pushnil(L);
      return 3;
    },
    tostring: textOf,
    print(L) {
      const parts: Uint8Array[] = [];
      for (let i = 1, n = lua.lua_gettop(L); i <= n; i++) {
        lua.lua_getglobal(L, "tostring");
        lua.lua_pushvalue(L, i);
        lua.lua_call(L, 1, 1);
        const text = lua.lua_tostring(L, -1) ?? raise(L, "'tostring' must return a string to 'print'");
        if (i > 1) parts.push(bytes("\t"));
        parts.push(text);
        lua.lua_pop(L, 1);
      }
      vm.options.write(Buffer.concat([...parts, bytes("\n")]));
      return 0;
    },
    pcall: vm.guarded(stackCost.pcall, ofFengari("pcall")),
    xpcall: vm.guarded(stackCost.pcall, ofFengari("xpcall")),
    load: vm.guarded(stackCost.load, ofFengari("load")),
    unpack(L) {
      lua.lua_getglobal(L, "table");
      lua.lua_getfield(L, -1, "unpack");
      lua.lua_remove(L, -2);
      lua.lua_insert(L, 1);
      lua.lua_call(L, lua.lua_gettop(L) - 1, lua.LUA_MULTRET);
      return lua.lua_gettop(L);
    },
    loadfile: vm.guarded(stackCost.load, (L) => {
      const name = checkText(L, 1);
      const code = vm.options.readFile(name);
      if (code !== undefined && lauxlib.luaL_loadbufferx(L, code, code.length, bytes(`@${name}`), null) === lua.LUA_OK) return 1;
      if (code === undefined) lua.lua_pushstring(L, `cannot open ${name}`);
      lua.lua_pushnil(L);
      lua.lua_insert(L, -2);
      return 2;
    }),
    dofile: vm.guarded(stackCost.load, (L) => {
      loadFile(L, checkText(L, 1));
      const base = lua.lua_gettop(L);
      lua.lua_call(L, 0, lua.LUA_MULTRET);
      return lua.lua_gettop(L) - base + 1;
    }),
    collectgarbage(L) {
      const what = new TextDecoder().decode(lauxlib.luaL_optstring(L, 1, "collect"));
      if (what === "collect" || what === "step" || what === "count") {
        const used = vm.collect();
        if (what === "count") lua.lua_pushnumber(L, used / 1024);
        else if (what === "step") lua.lua_pushboolean(L, true);
        else lua.lua_pushinteger(L, 0);
        return 1;
      }
      if (!["stop", "restart", "setpause", "setstepmul"].includes(what)) {
        return lauxlib.luaL_argerror(L, 1, bytes(`invalid option '${what}'`));
      }
      lua.lua_pushinteger(L, what === "setpause" ? 110 : what === "setstepmul" ? 200 : 0);
      return 1;
    },
  };
}

function mathFunctions(): Record<string, CFunction> {
  const rand = newlibRand();
  return {
    random(L) {
      const r = rand.next() / 0x80000000;
      const args = lua.lua_gettop(L);
      if (args === 0) {
        lua.lua_pushnumber(L, r);
        return 1;
      }
      if (args > 2) raise(L, "wrong number of arguments");
      const low = args === 1 ? 1 : lauxlib.luaL_checkinteger(L, 1);
      const up = lauxlib.luaL_checkinteger(L, args);
      if (low > up) lauxlib.luaL_argerror(L, args, bytes("interval is empty"));
      if (low < 0 && up > 0x7fffffff + low) lauxlib.luaL_argerror(L, args, bytes("interval too large"));
      lua.lua_pushinteger(L, low + Math.floor(r * (up - low + 1)));
      return 1;
    },
    randomseed(L) {
      rand.seed(Math.trunc(lauxlib.luaL_checknumber(L, 1)));
      rand.next();
      return 0;
    },
  };
}
