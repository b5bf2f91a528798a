/** node.c: the chip itself, tasks, errors. */
import type { Chip, ResetReason } from "../chip";
import { Fault } from "../fault";
import type { LuaModules } from "../image";
import type { CFunction } from "../lua";
import { bytes, lauxlib, lua, luaType } from "../lua";
import { createLfs } from "../lfs";
import type { Priority } from "../tasks";
import { checkText, raise, setFunctions, setIntegers } from "../bind";

const priorities: readonly Priority[] = ["low", "medium", "high"];
const restartAfterErrorMs = 2000;
/** RESET_REASON of rom/rtc.h. A panic, a watchdog and a restart all end as SW_CPU_RESET: esp_restart_noos resets the CPU. */
const resetReasons: Readonly<Record<ResetReason, { raw: number; rtc: number }>> = {
  power: { raw: 1, rtc: 1 },
  restart: { raw: 2, rtc: 12 },
  panic: { raw: 2, rtc: 12 },
  crash: { raw: 2, rtc: 12 },
  watchdog: { raw: 2, rtc: 12 },
};
const swCpuReset = 12;

/** `modules` is what the embedded Lua Flash Store holds. */
export function registerNode(chip: Chip, modules: LuaModules | undefined): void {
  const { vm } = chip;
  let isRestarting = false;

  const defaultOnError: CFunction = (L) => {
    lua.lua_settop(L, 1);
    lua.lua_getglobal(L, "print");
    lua.lua_insert(L, 1);
    lua.lua_pcall(L, 1, 0, 0);
    vm.check();
    if (!isRestarting) {
      isRestarting = true;
      chip.after(restartAfterErrorMs, () => chip.ended(new Fault("restart", "restart after an error")));
    }
    return 0;
  };
  vm.onError(defaultOnError);

  const lfs = createLfs(vm, modules);

  const info: CFunction = (L) => {
    const group = lua.lua_isnoneornil(L, 1) ? "" : checkText(L, 1);
    lua.lua_newtable(L);
    const text = (name: string, value: string): void => {
      lua.lua_pushstring(L, value);
      lua.lua_setfield(L, -2, name);
    };
    if (group === "hw") {
      text("chip_model", chip.pins.chip);
      setIntegers(L, { chip_features: 50, chip_major_rev: 3, chip_minor_rev: 0, cpu_cores: 2, flash_size: 4096, flash_id: 0 });
    } else if (group === "sw_version") {
      text("git_branch", "dev-esp32");
      text("git_commit_id", "7c5bb15154f6766987bf3f119335b08dfcc51a40");
      setIntegers(L, { node_version_major: 0, node_version_minor: 0, node_version_revision: 0 });
    } else if (group === "build_config") {
      lua.lua_pushboolean(L, true);
      lua.lua_setfield(L, -2, "ssl");
      setIntegers(L, { lfs_size: 0x20000 });
      text("number_type", "double");
      text("modules", "crypto,encoder,file,gpio,http,mqtt,node,otaupgrade,rtcmem,sjson,time,tmr,wifi");
    } else if (group === "lfs") {
      setIntegers(L, lfs.config);
    } else if (group !== "") raise(L, "invalid group");
    return 1;
  };

  vm.addModule("node", (L) => {
    setFunctions(L, {
      restart() {
        chip.rtc.panics = 0;
        throw new Fault("restart", "restart");
      },
      heap(state) {
        lua.lua_pushinteger(state, chip.freeBytes());
        return 1;
      },
      chipid(state) {
        lua.lua_pushstring(state, "0x240ac4000000");
        return 1;
      },
      chipmodel(state) {
        lua.lua_pushstring(state, chip.pins.chip);
        return 1;
      },
      uptime(state) {
        lua.lua_pushnumber(state, chip.uptimeMs() * 1000);
        lua.lua_pushinteger(state, 0);
        return 2;
      },
      bootreason(state) {
        const { raw, rtc } = resetReasons[chip.resetReason];
        lua.lua_pushinteger(state, raw);
        lua.lua_pushinteger(state, rtc + 7);
        if (rtc !== swCpuReset) return 2;
        lua.lua_pushinteger(state, chip.rtc.panics);
        return 3;
      },
      info,
      setonerror(state) {
        lua.lua_settop(state, 1);
        if (!lua.lua_isfunction(state, 1)) {
          lua.lua_settop(state, 0);
          lua.lua_pushcfunction(state, defaultOnError);
        }
        lua.lua_setfield(state, lua.LUA_REGISTRYINDEX, "onerror");
        return 0;
      },
      osprint: () => 0,
      flashindex: lfs.get,
    });
    lua.lua_newtable(L);
    setFunctions(L, {
      post(state) {
        const hasPriority = lua.lua_type(state, 1) === luaType.number;
        const priority = hasPriority ? lauxlib.luaL_checkinteger(state, 1) : 1;
        if (priority < 0 || priority > 2) lauxlib.luaL_argerror(state, 1, bytes("invalid  priority"));
        const at = hasPriority ? 2 : 1;
        if (lua.lua_type(state, at) !== luaType.function) lauxlib.luaL_argerror(state, at, bytes("invalid function"));
        const body = vm.ref(at);
        const posted = chip.post(priorities[priority]!, () => {
          vm.call((main) => {
            vm.push(body);
            vm.unref(body);
            lua.lua_pushinteger(main, priority);
          }, 1);
        });
        if (!posted) {
          vm.unref(body);
          raise(state, "Task queue overflow. Task not posted");
        }
        return 0;
      },
    });
    setIntegers(L, { LOW_PRIORITY: 0, MEDIUM_PRIORITY: 1, HIGH_PRIORITY: 2 });
    lua.lua_setfield(L, -2, "task");
    lfs.fill(L);
    lua.lua_setfield(L, -2, "LFS");
  });
}
