/** http.get, post and put: the whole body in memory, one callback at the end. */
import type { Chip } from "../chip";
import type { CFunction, LuaState } from "../lua";
import { bytes, lauxlib, lua, luaType } from "../lua";
import { setFunctions } from "../bind";

const glue = `
local method, url, opts, body, callback, create = ...
local con = create(url, method, opts)
local status, headers, parts = 0, nil, {}
if body then con:setbody(body) end
con:setheader("Connection", "close")
con:on("headers", function(_, h) headers = h end)
con:on("data", function(_, part) parts[#parts + 1] = part end)
con:on("complete", function(code) callback(code, table.concat(parts), headers) end)
con:request()`;

/** Adds the functions to the module on top of the stack. A malformed URL is reported as an uncaught error, whatever pcall is around it. */
export function registerOneShots({ vm }: Chip, createConnection: CFunction): void {
  const oneShot =
    (method: number, hasBody: boolean): CFunction =>
    (L: LuaState) => {
      lauxlib.luaL_checkstring(L, 1);
      if (!hasBody) {
        if (lua.lua_isfunction(L, 2)) {
          lua.lua_pushnil(L);
          lua.lua_insert(L, 2);
        }
        lua.lua_settop(L, 3);
        lua.lua_pushnil(L);
        lua.lua_insert(L, 3);
      } else lauxlib.luaL_checkstring(L, 3);
      lua.lua_settop(L, 4);
      if (lua.lua_isnil(L, 2)) {
        lua.lua_newtable(L);
        lua.lua_replace(L, 2);
      }
      if (!lua.lua_istable(L, 2)) lauxlib.luaL_argerror(L, 2, bytes("options must be nil or a table"));
      const isAsync = lua.lua_type(L, 4) === luaType.function;
      if (!isAsync && !lua.lua_isnil(L, 4)) lauxlib.luaL_argerror(L, hasBody ? 4 : 3, bytes("callback must be nil or a function"));
      lua.lua_pushboolean(L, isAsync);
      lua.lua_setfield(L, 2, "async");
      const base = vm.ref(4);
      const args = [1, 2, 3].map((i) => vm.ref(i));
      vm.call((main) => {
        lauxlib.luaL_loadbufferx(main, bytes(glue), glue.length, "=http", null);
        lua.lua_pushinteger(main, method);
        for (const ref of [...args, base]) vm.push(ref);
        lua.lua_pushcfunction(main, createConnection);
      }, 6);
      for (const ref of [...args, base]) vm.unref(ref);
      return 0;
    };
  setFunctions(vm.L, { get: oneShot(0, false), post: oneShot(1, true), put: oneShot(2, true) });
}
