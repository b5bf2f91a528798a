/** `require` and `package` (loadlib.c): a built-in module wins over every file of its name, and nothing looks into the Lua Flash Store. */
import type { CFunction, LuaState } from "./lua";
import { bytes, lauxlib, lua, luaType } from "./lua";
import type { Vm } from "./vm";
import { checkText, raise, setFunctions } from "./bind";
import { stackCost } from "./stack";

export function registerPackages(vm: Vm): void {
  const { L } = vm;
  lua.lua_newtable(L);
  const packageAt = lua.lua_gettop(L);
  lua.lua_newtable(L);
  lua.lua_setfield(L, packageAt, "loaded");
  lua.lua_newtable(L);
  lua.lua_setfield(L, packageAt, "preload");
  lua.lua_pushstring(L, "?.lc;?.lua");
  lua.lua_setfield(L, packageAt, "path");
  lua.lua_pushstring(L, "/\n;\n?\n!\n-\n");
  lua.lua_setfield(L, packageAt, "config");
  setFunctions(L, { searchpath: (state) => searchPath(vm, state, checkText(state, 1), checkText(state, 2)) });

  lua.lua_newtable(L);
  [searchPreload, (state: LuaState) => searchFiles(vm, state)].forEach((searcher, i) => {
    lua.lua_pushvalue(L, packageAt);
    lua.lua_pushcclosure(L, searcher, 1);
    lua.lua_rawseti(L, -2, i + 1);
  });
  lua.lua_pushvalue(L, -1);
  lua.lua_setfield(L, packageAt, "searchers");
  lua.lua_setfield(L, packageAt, "loaders");

  lua.lua_getfield(L, lua.LUA_REGISTRYINDEX, "_LOADED");
  lua.lua_pop(L, 1);
  lua.lua_getfield(L, packageAt, "loaded");
  lua.lua_pushvalue(L, packageAt);
  lua.lua_setfield(L, -2, "package");
  lua.lua_setfield(L, lua.LUA_REGISTRYINDEX, "_LOADED");
  lua.lua_pushvalue(L, packageAt);
  lua.lua_pushcclosure(L, vm.guarded(stackCost.load, require), 1);
  lua.lua_setglobal(L, "require");
  lua.lua_setglobal(L, "package");
}

function require(L: LuaState): number {
  const name = checkText(L, 1);
  lua.lua_settop(L, 1);
  lua.lua_getfield(L, lua.LUA_REGISTRYINDEX, "_LOADED");
  if (lua.lua_getfield(L, 2, name) !== luaType.nil && lua.lua_toboolean(L, -1)) return 1;
  lua.lua_pop(L, 1);
  lua.lua_getfield(L, lua.LUA_REGISTRYINDEX, "rom");
  if (lua.lua_getfield(L, -1, name) !== luaType.nil) return 1;
  lua.lua_pop(L, 2);
  findLoader(L, name);
  lua.lua_pushstring(L, name);
  lua.lua_insert(L, -2);
  lua.lua_call(L, 2, 1);
  if (!lua.lua_isnil(L, -1)) lua.lua_setfield(L, 2, name);
  if (lua.lua_getfield(L, 2, name) === luaType.nil) {
    lua.lua_pushboolean(L, true);
    lua.lua_pushvalue(L, -1);
    lua.lua_setfield(L, 2, name);
  }
  return 1;
}

/** Leaves the loader and its extra value on the stack. */
function findLoader(L: LuaState, name: string): void {
  if (lua.lua_getfield(L, lua.lua_upvalueindex(1), "searchers") !== luaType.table) raise(L, "'package.searchers' must be a table");
  const searchers = lua.lua_gettop(L);
  let tried = "";
  for (let i = 1; ; i++) {
    if (lua.lua_rawgeti(L, searchers, i) === luaType.nil) raise(L, `module '${name}' not found:${tried}`);
    lua.lua_pushstring(L, name);
    lua.lua_call(L, 1, 2);
    if (lua.lua_isfunction(L, -2)) return;
    if (lua.lua_isstring(L, -2)) tried += Buffer.from(lua.lua_tostring(L, -2)!).toString("latin1");
    lua.lua_pop(L, 2);
  }
}

const searchPreload: CFunction = (L) => {
  const name = checkText(L, 1);
  lua.lua_getfield(L, lua.lua_upvalueindex(1), "preload");
  if (lua.lua_getfield(L, -1, name) === luaType.nil) lua.lua_pushstring(L, `\n\tno field package.preload['${name}']`);
  return 1;
};

function searchFiles(vm: Vm, L: LuaState): number {
  const name = checkText(L, 1);
  lua.lua_getfield(L, lua.lua_upvalueindex(1), "path");
  const path = lua.lua_isstring(L, -1)
    ? Buffer.from(lua.lua_tostring(L, -1)!).toString("latin1")
    : raise(L, "'package.path' must be a string");
  if (searchPath(vm, L, name, path) !== 1) return 1;
  const file = Buffer.from(lua.lua_tostring(L, -1)!).toString("latin1");
  const code = vm.options.readFile(file) ?? raise(L, `cannot open ${file}`);
  if (lauxlib.luaL_loadbufferx(L, code, code.length, bytes(`@${file}`), null) !== lua.LUA_OK) {
    const why = Buffer.from(lua.lua_tostring(L, -1) ?? []).toString("latin1");
    raise(L, `error loading module '${name}' from file '${file}':\n\t${why}`);
  }
  lua.lua_insert(L, -2);
  return 2;
}

/** One result: the first file of the path that exists. Else the texts of what was tried, with nil under it for `package.searchpath`. */
function searchPath(vm: Vm, L: LuaState, name: string, path: string): number {
  const files = path.split(";").map((template) => template.replaceAll("?", name.replaceAll(".", "/")));
  const found = files.find((file) => vm.options.readFile(file) !== undefined);
  if (found !== undefined) {
    lua.lua_pushstring(L, found);
    return 1;
  }
  lua.lua_pushnil(L);
  lua.lua_pushstring(L, files.map((file) => `\n\tno file '${file}'`).join(""));
  return 2;
}
