/** rtcmem.c: 128 words that survive a reset and hold garbage after power-on. */
import type { Chip } from "../chip";
import { bytes, lauxlib, lua } from "../lua";
import { setFunctions } from "../bind";

export function registerRtcmem({ vm, rtc }: Chip): void {
  vm.addModule("rtcmem", (L) =>
    setFunctions(L, {
      read32(state) {
        const index = lauxlib.luaL_checkinteger(state, 1);
        const count = lua.lua_gettop(state) < 2 ? 1 : lua.lua_tointeger(state, 2);
        let results = 0;
        for (let i = index; results < count && i >= 0 && i < rtc.words.length; i++, results++) {
          lauxlib.luaL_checkstack(state, 1, bytes("out of memory"));
          lua.lua_pushinteger(state, rtc.words[i]!);
        }
        return results;
      },
      write32(state) {
        const index = lauxlib.luaL_checkinteger(state, 1);
        const count = lua.lua_gettop(state) - 1;
        if (index + count > rtc.words.length) lauxlib.luaL_argerror(state, 1, bytes("RTC mem would overrun"));
        for (let i = 0; i < count; i++) rtc.words[index + i] = lua.lua_tointeger(state, 2 + i);
        return 0;
      },
    }),
  );
}
