/** jobsfw.c, the Lua module of our component: signatures, chance, memory, records in NVS, and what the next connections shall use. */
import { checkText, setFunctions, setIntegers } from "../bind";
import type { Chip, ResetReason } from "../chip";
import type { Component } from "../component";
import { httpRequestBytes } from "../component";
import { Fault } from "../fault";
import type { LuaState } from "../lua";
import { bytes, lauxlib, lua, luaType } from "../lua";
import type { NvsError } from "../nvs";
import { openNvs } from "../nvs";
import { verifySignature } from "../signature";

const longestRandom = 256;
const digestBytes = 32;
/** The largest block at the prompt, of 157,704 bytes free (measured). Fragmentation is not simulated. */
const largestBlockBytes = 110_592;

/** esp_reset_reason: ESP-IDF's panic handler remembers what it was called for. A Lua panic aborts. */
const reasons: Readonly<Record<ResetReason, string>> = {
  power: "poweron",
  restart: "software",
  panic: "panic",
  crash: "panic",
  watchdog: "task_wdt",
};

/** A member of the table at 1, undefined when it is nil; raises for what is no string. */
function textOption(L: LuaState, name: string): Buffer | undefined {
  lua.lua_getfield(L, 1, name);
  const value = lua.lua_isnil(L, -1) ? undefined : Buffer.from(lauxlib.luaL_checkstring(L, -1));
  lua.lua_pop(L, 1);
  return value;
}
function integerOption(L: LuaState, name: string, fallback: number): number {
  lua.lua_getfield(L, 1, name);
  const value = lauxlib.luaL_optinteger(L, -1, fallback);
  lua.lua_pop(L, 1);
  return value;
}

function fail(L: LuaState, error: NvsError): number {
  lua.lua_pushnil(L);
  lua.lua_pushstring(L, error);
  return 2;
}

/** Adds the module. */
export function registerJobsfw(chip: Chip, component: Component): void {
  const { vm } = chip;
  const nvs = openNvs(chip.flash);
  let stopWatchdog = (): void => undefined;

  vm.addModule("jobsfw", (L) =>
    setFunctions(L, {
      verify(state) {
        const pem = checkText(state, 1);
        const digest = Buffer.from(lauxlib.luaL_checkstring(state, 2));
        const signature = Buffer.from(lauxlib.luaL_checkstring(state, 3));
        if (digest.length !== digestBytes) lauxlib.luaL_argerror(state, 2, bytes("32 bytes expected"));
        const code = verifySignature(pem, digest, signature);
        lua.lua_pushboolean(state, code === 0);
        lua.lua_pushinteger(state, code);
        return 2;
      },
      random(state) {
        const count = lauxlib.luaL_checkinteger(state, 1);
        if (count < 0 || count > longestRandom) lauxlib.luaL_argerror(state, 1, bytes("0 to 256"));
        lua.lua_pushstring(state, Buffer.from(Array.from({ length: count }, () => Math.floor(chip.random() * 256))));
        return 1;
      },
      heap(state) {
        const free = chip.freeBytes();
        component.leastFreeBytes = Math.min(component.leastFreeBytes, free);
        for (const size of [free, Math.min(free, largestBlockBytes), component.leastFreeBytes]) lua.lua_pushinteger(state, size);
        return 3;
      },
      millis(state) {
        lua.lua_pushinteger(state, Math.floor(chip.uptimeMs()));
        return 1;
      },
      stack(state) {
        lua.lua_pushinteger(state, vm.stack.leastFreeBytes);
        return 1;
      },
      reason(state) {
        lua.lua_pushstring(state, reasons[chip.resetReason]);
        return 1;
      },
      rest() {
        vm.feedWatchdog();
        return 0;
      },
      watchdog(state) {
        const ms = lauxlib.luaL_checkinteger(state, 1);
        stopWatchdog();
        if (ms > 0) stopWatchdog = chip.after(ms, () => chip.ended(new Fault("restart", "restart by jobsfw.watchdog")));
        return 0;
      },
      get(state) {
        const found = nvs.get(checkText(state, 1), checkText(state, 2));
        if (typeof found === "string") return fail(state, found);
        lua.lua_pushstring(state, found);
        return 1;
      },
      set(state) {
        const value = lua.lua_isnoneornil(state, 3) ? undefined : lauxlib.luaL_checkstring(state, 3);
        const error = nvs.set(checkText(state, 1), checkText(state, 2), value);
        if (error !== undefined) return fail(state, error);
        lua.lua_pushboolean(state, true);
        return 1;
      },
      space(state) {
        const { used, free, total } = nvs.space();
        for (const count of [used, free, total]) lua.lua_pushinteger(state, count);
        return 3;
      },
      mqtt(state) {
        lauxlib.luaL_checktype(state, 1, luaType.table);
        const text = (name: string): string | undefined => textOption(state, name)?.toString("latin1");
        const topic = text("lwt_topic");
        Object.assign(component.mqtt, {
          clientId: text("clientid"),
          username: text("username"),
          password: text("password"),
          alpn: text("alpn"),
          will:
            topic === undefined
              ? undefined
              : {
                  topic,
                  payload: textOption(state, "lwt_msg") ?? Buffer.alloc(0),
                  qos: integerOption(state, "lwt_qos", 0),
                  retain: integerOption(state, "lwt_retain", 0) !== 0,
                },
          bufferBytes: integerOption(state, "bufsize", 0),
        });
        return 0;
      },
      http(state) {
        lauxlib.luaL_checktype(state, 1, luaType.table);
        component.http.certificate = textOption(state, "cert");
        component.http.key = textOption(state, "key");
        component.http.requestBytes = integerOption(state, "txsize", httpRequestBytes);
        return 0;
      },
      mqttinfo(state) {
        const { lastId, ackedId, acks, dropped, connack, subRefused } = component.notes;
        lua.lua_newtable(state);
        setIntegers(state, { last_id: lastId, acked_id: ackedId, acks, dropped, connack });
        lua.lua_pushboolean(state, subRefused);
        lua.lua_setfield(state, -2, "sub_refused");
        return 1;
      },
    }),
  );
}
