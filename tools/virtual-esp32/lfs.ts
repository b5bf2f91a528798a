/** The Lua Flash Store inside an image (components/lua/lua-5.3/lnodemcu.c, and what node.c makes of it): `node.LFS`. */
import { raise, setFunctions, setIntegers } from "./bind";
import type { LuaModules } from "./image";
import type { CFunction, LuaState } from "./lua";
import { bytes, lauxlib, lua, luaType, utf8 } from "./lua";
import type { Vm } from "./vm";

/** CONFIG_NODEMCU_EMBEDDED_LFS_SIZE of our firmware, and where its linker puts the store: the beginning of the constants. */
const sizeBytes = 0x20000;
const mapped = 0x3f400120;
const physical = 0x20120;
const compiledAt = 1729852060;

/** The name of a chunk: the path that luac.cross was given. `make firmware` gives it copies in the clone's `build`. */
function chunkName(module: string): string {
  return `@build/${module}.lua`;
}

export function createLfs(vm: Vm, modules: LuaModules | undefined) {
  const names = Object.keys(modules ?? {}).sort();
  // Code and constants stay in flash.
  for (const name of names) vm.inFlash.add(chunkName(name));
  const usedBytes = names.reduce((sum, name) => sum + (modules?.[name]?.length ?? 0), 0);
  const config = { lfs_mapped: mapped, lfs_base: physical, lfs_size: sizeBytes, lfs_used: usedBytes };

  /** A new closure at each call; nil for what is not there, and for a name that is not text (lua_pushlfsfunc). */
  const get: CFunction = (L) => {
    lua.lua_settop(L, 1);
    const name = lua.lua_type(L, 1) === luaType.string ? utf8(lua.lua_tostring(L, 1)!) : "";
    const code = modules !== undefined && Object.hasOwn(modules, name) ? Buffer.from(modules[name]!) : undefined;
    if (code === undefined) lua.lua_pushnil(L);
    else if (lauxlib.luaL_loadbufferx(L, code, code.length, bytes(chunkName(name)), null) !== lua.LUA_OK)
      throw new Error(`luac.cross would not have compiled module "${name}" of this image: ${utf8(lua.lua_tostring(L, -1)!)}`);
    return 1;
  };

  /** Every other key is a module (node_lfs_func). */
  const index: CFunction = (L) => {
    lua.lua_remove(L, 1);
    const key = lua.lua_type(L, 1) === luaType.string ? utf8(lua.lua_tostring(L, 1)!) : "";
    if (key === "time") lua.lua_pushinteger(L, modules === undefined ? 0 : compiledAt);
    else if (key === "config") {
      lua.lua_newtable(L);
      setIntegers(L, config);
    } else return get(L);
    return 1;
  };

  return {
    get,
    /** `node.info("lfs")`, which is `node.LFS.config` too. */
    config,
    /** Leaves the table `node.LFS` on the stack. */
    fill(L: LuaState): void {
      lua.lua_newtable(L);
      setFunctions(L, {
        get,
        list(state) {
          lua.lua_pushnil(state);
          if (modules === undefined) return 1;
          lua.lua_newtable(state);
          names.forEach((name, i) => {
            lua.lua_pushstring(state, name);
            lua.lua_rawseti(state, -2, i + 1);
          });
          return 1;
        },
        reload: (state) => raise(state, "node.LFS.reload disables the embedded flash store until NVS is erased: not on the virtual board"),
      });
      lua.lua_newtable(L);
      setFunctions(L, { __index: index });
      lua.lua_setmetatable(L, -2);
    },
  };
}
