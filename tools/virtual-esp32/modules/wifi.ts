/** wifi.c and wifi_sta.c: a station that connects only when told to, and never again by itself. */
import type { Chip } from "../chip";
import type { LuaState } from "../lua";
import { bytes, lauxlib, lua, luaType } from "../lua";
import { checkText, raise, setFunctions, setIntegers } from "../bind";

/** The air around the board. */
export interface AccessPoint {
  accessPoint(isThere: boolean): void;
}

const associateMs = 400;
const addressMs = 600;
const searchMs = 2500;
const bssid = "02:00:00:00:00:01";
const reasons = { noApFound: 201, beaconTimeout: 200, assocLeave: 8 } as const;
const errors = { notInitialised: 12289, notStarted: 12290, mode: 12294, ssid: 12297 } as const;
const eventNames = ["start", "stop", "connected", "disconnected", "authmode_changed", "got_ip"] as const;
type EventName = (typeof eventNames)[number];

export function registerWifi(chip: Chip): AccessPoint {
  const { vm, radio } = chip;
  const handlers = new Map<EventName, number>();
  let apIsThere = true;
  let mode = 0;
  let isStarted = false;
  let isAssociated = false;
  let ssid = "";
  let password = "";
  let pending: (() => void) | undefined;

  /** System events reach Lua at medium priority; without a handler they are gone. */
  function tell(name: EventName, fields: Readonly<Record<string, string | number>> = {}): void {
    chip.post("medium", () => {
      const handler = handlers.get(name);
      if (handler === undefined) return;
      vm.call((L) => {
        vm.push(handler);
        lua.lua_pushstring(L, name);
        lua.lua_newtable(L);
        for (const [key, value] of Object.entries(fields)) {
          if (typeof value === "number") lua.lua_pushinteger(L, value);
          else lua.lua_pushstring(L, Buffer.from(value, "latin1"));
          lua.lua_setfield(L, -2, key);
        }
      }, 2);
    });
  }

  function disconnected(reason: number): void {
    pending?.();
    pending = undefined;
    isAssociated = false;
    radio.isOnline = false;
    radio.changed();
    tell("disconnected", { ssid, bssid, reason });
  }

  function associate(): void {
    pending?.();
    if (!apIsThere) {
      pending = chip.after(searchMs, () => disconnected(reasons.noApFound));
      return;
    }
    pending = chip.after(associateMs, () => {
      isAssociated = true;
      pending = chip.after(addressMs, () => {
        pending = undefined;
        radio.isOnline = true;
        radio.changed();
        tell("got_ip", { ip: "192.168.4.2", netmask: "255.255.255.0", gw: "192.168.4.1" });
      });
      tell("connected", { ssid, bssid, channel: 6, auth: password === "" ? 0 : 3 });
    });
  }

  const optionalText = (L: LuaState, name: string): string => {
    lua.lua_getfield(L, 1, name);
    const value = lua.lua_isnoneornil(L, -1) ? "" : checkText(L, -1);
    lua.lua_pop(L, 1);
    return value;
  };

  const station = {
    config(L: LuaState): number {
      lauxlib.luaL_checktype(L, 1, luaType.table);
      lua.lua_getfield(L, 1, "ssid");
      const name = checkText(L, -1);
      lua.lua_pop(L, 1);
      if (mode === 0) raise(L, `failed to set wifi config, code ${errors.mode}`);
      ssid = name.slice(0, 32);
      password = optionalText(L, "pwd").slice(0, 64);
      return 0;
    },
    connect(L: LuaState): number {
      if (!isStarted) raise(L, `connect failed, code ${errors.notStarted}`);
      if (ssid === "") raise(L, `connect failed, code ${errors.ssid}`);
      if (!isAssociated) associate();
      return 0;
    },
    disconnect(L: LuaState): number {
      if (!isStarted) raise(L, `disconnect failed, code ${errors.notStarted}`);
      if (isAssociated || pending !== undefined) disconnected(reasons.assocLeave);
      return 0;
    },
    on(L: LuaState): number {
      const name = checkText(L, 1) as EventName;
      if (!eventNames.includes(name)) raise(L, `unknown event: ${name}`);
      const isSet = !lua.lua_isnoneornil(L, 2);
      if (isSet) lauxlib.luaL_checktype(L, 2, luaType.function);
      const before = handlers.get(name);
      if (before !== undefined) vm.unref(before);
      handlers.delete(name);
      if (isSet) handlers.set(name, vm.ref(2));
      return 0;
    },
    getmac(L: LuaState): number {
      lua.lua_pushstring(L, "24:0a:c4:00:00:01");
      return 1;
    },
    getconfig(L: LuaState): number {
      lua.lua_newtable(L);
      lua.lua_pushstring(L, Buffer.from(ssid, "latin1"));
      lua.lua_setfield(L, -2, "ssid");
      lua.lua_pushstring(L, Buffer.from(password, "latin1"));
      lua.lua_setfield(L, -2, "pwd");
      return 1;
    },
    sethostname(L: LuaState): number {
      checkText(L, 1);
      lua.lua_pushboolean(L, true);
      return 1;
    },
    powersave(L: LuaState): number {
      const how = checkText(L, 1);
      if (!["none", "min", "max"].includes(how)) lauxlib.luaL_argerror(L, 1, bytes(`invalid option '${how}'`));
      return 0;
    },
  };

  vm.addModule("wifi", (L) => {
    setFunctions(L, {
      mode(state) {
        const wanted = lauxlib.luaL_checkinteger(state, 1);
        if (wanted < 0 || wanted > 3) raise(state, `invalid wifi mode ${wanted}`);
        mode = wanted;
        return 0;
      },
      getmode(state) {
        lua.lua_pushinteger(state, mode);
        return 1;
      },
      start() {
        if (!isStarted && (mode & 1) !== 0) tell("start");
        isStarted = mode !== 0;
        return 0;
      },
      stop() {
        if (isAssociated || pending !== undefined) disconnected(reasons.assocLeave);
        if (isStarted) tell("stop");
        isStarted = false;
        return 0;
      },
    });
    setIntegers(L, { NULLMODE: 0, STATION: 1, SOFTAP: 2, STATIONAP: 3, AUTH_OPEN: 0, AUTH_WPA2_PSK: 3 });
    lua.lua_newtable(L);
    setFunctions(L, station);
    lua.lua_setfield(L, -2, "sta");
  });
  return {
    accessPoint(isThere) {
      apIsThere = isThere;
      if (!isThere && isAssociated) disconnected(reasons.beaconTimeout);
    },
  };
}
