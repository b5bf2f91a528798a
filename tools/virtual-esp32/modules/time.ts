/** time.c: the clock starts at 1970 until NTP or `time.set` tells the time; it goes on over a reset, not over a power cut. */
import type { Chip } from "../chip";
import { assertFailed } from "../chip";
import type { LuaState } from "../lua";
import { bytes, lauxlib, lua, luaType } from "../lua";
import { checkText, setFunctions, setIntegers } from "../bind";

const ntpAnswersAfterMs = 500;
const ntpPollMs = 1000;
const ntpUpdateMs = 3_600_000;

export function registerTime(chip: Chip): void {
  const { vm, rtc, time, radio } = chip;
  let poll: (() => void) | undefined;

  // Before the time is known the clock counts from the last power-on.
  const clockMs = (): number => (rtc.epochOffsetMs === 0 ? chip.uptimeMs() : time.now() + rtc.epochOffsetMs);
  const set = (epochMs: number): void => {
    // 0 stands for unknown; a millisecond's error is below what the time of a network can tell.
    rtc.epochOffsetMs = epochMs - time.now() || 1;
  };
  function ask(afterMs: number): void {
    poll = chip.after(afterMs, () => {
      if (radio.isOnline) set(time.now());
      ask(radio.isOnline ? ntpUpdateMs : ntpPollMs);
    });
  }

  function pushCalendar(L: LuaState, epochSeconds: number): number {
    const date = new Date(epochSeconds * 1000);
    const newYear = Date.UTC(date.getUTCFullYear(), 0, 1);
    lua.lua_newtable(L);
    setIntegers(L, {
      year: date.getUTCFullYear(),
      mon: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      min: date.getUTCMinutes(),
      sec: date.getUTCSeconds(),
      wday: date.getUTCDay() + 1,
      yday: Math.floor((date.getTime() - newYear) / 86_400_000) + 1,
      dst: 0,
    });
    return 1;
  }

  vm.addModule("time", (L) =>
    setFunctions(L, {
      get(state) {
        lua.lua_pushinteger(state, Math.floor(clockMs() / 1000) | 0); // int32: wraps in 2038
        lua.lua_pushinteger(state, Math.floor((clockMs() % 1000) * 1000));
        return 2;
      },
      set(state) {
        const seconds = Math.trunc(lauxlib.luaL_checknumber(state, 1));
        const microseconds = lua.lua_isnumber(state, 2) ? lua.lua_tonumber(state, 2) : 0;
        set(seconds * 1000 + Math.trunc(microseconds / 1000));
        return 0;
      },
      getlocal: (state) => pushCalendar(state, Math.floor(clockMs() / 1000)),
      settimezone(state) {
        checkText(state, 1);
        return 0;
      },
      initntp(state) {
        lauxlib.luaL_optstring(state, 1, "pool.ntp.org");
        if (poll !== undefined)
          assertFailed('sntp_setoperatingmode sntp.c ("Operating mode must not be set while SNTP client is running")');
        ask(ntpAnswersAfterMs);
        return 0;
      },
      ntpenabled(state) {
        lua.lua_pushboolean(state, poll !== undefined);
        return 1;
      },
      ntpstop() {
        poll?.();
        poll = undefined;
        return 0;
      },
      epoch2cal(state) {
        const seconds = lauxlib.luaL_checkinteger(state, 1);
        if (seconds < 0) lauxlib.luaL_argerror(state, 1, bytes("wrong arg range"));
        return pushCalendar(state, seconds);
      },
      cal2epoch(state) {
        lauxlib.luaL_checktype(state, 1, luaType.table);
        const field = (name: string, fallback: number): number => {
          lua.lua_getfield(state, 1, name);
          const value = lauxlib.luaL_optinteger(state, -1, fallback);
          lua.lua_pop(state, 1);
          return value;
        };
        const epochMs = Date.UTC(
          field("year", 1900),
          field("mon", 1) - 1,
          field("day", 0),
          field("hour", 0),
          field("min", 0),
          field("sec", 0),
        );
        lua.lua_pushnumber(state, epochMs / 1000);
        return 1;
      },
    }),
  );
}
