/** tmr.c: timers in ticks of 10 ms (CONFIG_FREERTOS_HZ=100). A time is cut to whole ticks, and the first tick is the one that runs. */
import type { Chip } from "../chip";
import { assertFailed } from "../chip";
import { bytes, lauxlib, lua, luaType } from "../lua";
import type { LuaState } from "../lua";
import { checkObject, newObject, raise, setFunctions, setIntegers } from "../bind";

const tickMs = 10;
const maxMs = 6_870_947;
const modes = { ALARM_SINGLE: 0, ALARM_AUTO: 1, ALARM_SEMI: 2 } as const;

interface Timer {
  mode: number | undefined;
  isIdle: boolean;
  intervalMs: number;
  isCreated: boolean;
  callback: number | undefined;
  self: number | undefined;
  cancel: (() => void) | undefined;
}

export function registerTmr(chip: Chip): void {
  const { vm } = chip;
  const get = (L: LuaState): Timer => checkObject<Timer>(L, 1, "tmr.timer");

  function checkInterval(L: LuaState): number {
    const ms = lauxlib.luaL_checkinteger(L, 2);
    if (ms < 1 || ms > maxMs) lauxlib.luaL_argerror(L, 2, bytes(`Range: 1-${maxMs}`));
    return ms;
  }

  function dropSelf(timer: Timer): void {
    if (timer.self !== undefined) vm.unref(timer.self);
    timer.self = undefined;
  }

  function dropCallback(timer: Timer): void {
    if (timer.callback !== undefined) vm.unref(timer.callback);
    timer.callback = undefined;
  }

  function fired(timer: Timer): void {
    if (timer.callback === undefined || timer.self === undefined) return;
    const { L } = vm;
    vm.push(timer.callback);
    vm.push(timer.self);
    if (timer.mode === modes.ALARM_SINGLE) {
      dropCallback(timer);
      timer.mode = undefined;
    } else if (timer.mode === modes.ALARM_SEMI) timer.isIdle = true;
    if (timer.mode !== modes.ALARM_AUTO) dropSelf(timer);
    const base = lua.lua_gettop(L) - 2;
    vm.call(() => {
      lua.lua_pushvalue(L, base + 1);
      lua.lua_pushvalue(L, base + 2);
    }, 1);
    lua.lua_settop(L, base);
  }

  /** The tick interrupt comes at whole multiples of 10 ms since boot; `ticks` of them are counted from the last one. */
  function startTicks(timer: Timer, fromTick: number): void {
    const ticks = Math.floor(timer.intervalMs / tickMs);
    const dueTick = fromTick + ticks;
    timer.cancel?.();
    timer.cancel = chip.after(Math.max(0, dueTick * tickMs - chip.uptimeMs()), () => {
      timer.cancel = undefined;
      if (timer.mode === modes.ALARM_AUTO) startTicks(timer, dueTick);
      chip.post("high", () => fired(timer));
    });
  }

  const nowTick = (): number => Math.floor(chip.uptimeMs() / tickMs);

  function register(L: LuaState): number {
    const timer = get(L);
    const intervalMs = checkInterval(L);
    const mode = lauxlib.luaL_checkinteger(L, 3);
    if (mode < 0 || mode > 2) lauxlib.luaL_argerror(L, 3, bytes("Invalid mode"));
    lauxlib.luaL_checktype(L, 4, luaType.function);
    timer.cancel?.();
    dropCallback(timer);
    timer.callback = vm.ref(4);
    timer.mode = mode;
    timer.isIdle = true;
    timer.intervalMs = intervalMs;
    if (intervalMs < tickMs) assertFailed("xTimerCreate timers.c:386 (( xTimerPeriodInTicks > 0 ))");
    timer.isCreated = true;
    return 0;
  }

  function start(L: LuaState): number {
    const timer = get(L);
    timer.self ??= vm.ref(1);
    if (!timer.isCreated || timer.callback === undefined) raise(L, "timer not registered");
    const wasIdle = timer.isIdle;
    if (wasIdle) {
      timer.isIdle = false;
      startTicks(timer, nowTick());
    }
    lua.lua_pushboolean(L, wasIdle);
    return 1;
  }

  function unregister(timer: Timer): void {
    dropSelf(timer);
    timer.cancel?.();
    timer.cancel = undefined;
    timer.isCreated = false;
    dropCallback(timer);
    timer.mode = undefined;
  }

  vm.addClass("tmr.timer", {
    register,
    start,
    alarm(L) {
      register(L);
      return start(L);
    },
    stop(L) {
      const timer = get(L);
      dropSelf(timer);
      const wasRunning = timer.mode !== undefined && !timer.isIdle;
      if (wasRunning) {
        timer.isIdle = true;
        timer.cancel?.();
        timer.cancel = undefined;
      }
      lua.lua_pushboolean(L, wasRunning);
      return 1;
    },
    unregister(L) {
      unregister(get(L));
      return 0;
    },
    interval(L) {
      const timer = get(L);
      const intervalMs = checkInterval(L);
      if (timer.mode === undefined) return 0;
      if (intervalMs < tickMs) assertFailed("xTimerGenericCommand (( xTimerPeriodInTicks > 0 ))");
      timer.intervalMs = intervalMs;
      if (!timer.isIdle) startTicks(timer, nowTick());
      return 0;
    },
    state(L) {
      const timer = get(L);
      if (timer.mode === undefined) {
        lua.lua_pushnil(L);
        return 1;
      }
      lua.lua_pushboolean(L, !timer.isIdle);
      lua.lua_pushinteger(L, timer.mode);
      return 2;
    },
  });
  vm.addModule("tmr", (L) => {
    setFunctions(L, {
      create(state) {
        const timer: Timer = {
          mode: undefined,
          isIdle: true,
          intervalMs: 0,
          isCreated: false,
          callback: undefined,
          self: undefined,
          cancel: undefined,
        };
        newObject(state, "tmr.timer", timer);
        vm.finalize(-1, () => unregister(timer));
        return 1;
      },
      wdclr() {
        chip.rest();
        return 0;
      },
    });
    setIntegers(L, modes);
  });
}
