/** Resuming coroutines, which takes stack of the main task on the chip. */
import type { CFunction, LuaState } from "./lua";
import { bytes, lauxlib, lua, luaType } from "./lua";
import type { Vm } from "./vm";
import { stackCost } from "./stack";

/** lcorolib.c's auxresume: the number of results on the stack of L, or -1 with the error there. */
function resume(vm: Vm, L: LuaState, thread: LuaState, args: number): number {
  if (lua.lua_status(thread) === lua.LUA_OK && lua.lua_gettop(thread) === 0) {
    lua.lua_pushstring(L, "cannot resume dead coroutine");
    return -1;
  }
  lua.lua_xmove(L, thread, args);
  const status = vm.stack.during(stackCost.resume, () => vm.asThread(thread, () => lua.lua_resume(thread, L, args)));
  vm.check();
  if (status === lua.LUA_OK || status === lua.LUA_YIELD) {
    const results = lua.lua_gettop(thread);
    lauxlib.luaL_checkstack(L, results + 1, bytes("too many results to resume"));
    lua.lua_xmove(thread, L, results);
    return results;
  }
  lua.lua_xmove(thread, L, 1);
  return -1;
}

export function registerCoroutines(vm: Vm): Record<string, CFunction> {
  return {
    resume(L) {
      const thread = lua.lua_tothread(L, 1) ?? lauxlib.luaL_argerror(L, 1, bytes("coroutine expected"));
      const results = resume(vm, L, thread, lua.lua_gettop(L) - 1);
      lua.lua_pushboolean(L, results >= 0);
      const count = results < 0 ? 1 : results;
      lua.lua_insert(L, -count - 1);
      return count + 1;
    },
    wrap(L) {
      lauxlib.luaL_checktype(L, 1, luaType.function);
      const thread = lua.lua_newthread(L);
      lua.lua_pushvalue(L, 1);
      lua.lua_xmove(L, thread, 1);
      // The thread is an upvalue, so that it lives as long as the function.
      lua.lua_pushcclosure(
        L,
        (state) => {
          const results = resume(vm, state, thread, lua.lua_gettop(state));
          if (results >= 0) return results;
          if (lua.lua_type(state, -1) === luaType.string) {
            lauxlib.luaL_where(state, 1);
            lua.lua_insert(state, -2);
            lua.lua_concat(state, 2);
          }
          return lua.lua_error(state);
        },
        1,
      );
      return 1;
    },
  };
}
