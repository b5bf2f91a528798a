/** jobsfw.c, the Lua module of our component: signatures, chance, memory, records in NVS, and what the next connections shall use. */
import { checkText, raise, setFunctions, setIntegers } from "../bind";
import type { Chip, ResetReason } from "../chip";
import type { Component } from "../component";
import { httpRequestBytes, longestMessageBytes } from "../component";
import type { LuaState } from "../lua";
import { bytes, lauxlib, lua } from "../lua";
import type { NvsError } from "../nvs";
import { openNvs } from "../nvs";
import { verifySignature } from "../signature";
import { httpOptions, mqttOptions, readOptions } from "./jobsfw-options";

const longestRandom = 256;
const longestWatchdogMs = 86_400_000;
/** CONFIG_JOBSFW_RECORD_MAX. */
const longestRecordBytes = 8192;
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

/** An integer in its limits. */
function checkWithin(L: LuaState, arg: number, maximum: number): number {
  const value = lauxlib.luaL_checkinteger(L, arg);
  if (value < 0 || value > maximum) lauxlib.luaL_argerror(L, arg, bytes("out of range"));
  return value;
}
/** A namespace or a key. */
function checkName(L: LuaState, arg: number): string {
  const name = checkText(L, arg);
  if (name.length < 1 || name.length > 15 || name.includes("\0")) lauxlib.luaL_argerror(L, arg, bytes("1 to 15 characters expected"));
  return name;
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

  vm.addModule("jobsfw", (L) => {
    setIntegers(L, { VERSION: 1, MAX_MESSAGE: longestMessageBytes, MAX_RECORD: longestRecordBytes, MAX_LINE: httpRequestBytes });
    setFunctions(L, {
      verify(state) {
        const pem = Buffer.from(lauxlib.luaL_checkstring(state, 1));
        const digest = Buffer.from(lauxlib.luaL_checkstring(state, 2));
        const signature = Buffer.from(lauxlib.luaL_checkstring(state, 3));
        if (digest.length !== digestBytes) lauxlib.luaL_argerror(state, 2, bytes("32 bytes expected"));
        const code = verifySignature(pem, digest, signature);
        lua.lua_pushboolean(state, code === 0);
        lua.lua_pushinteger(state, code);
        return 2;
      },
      random(state) {
        const count = checkWithin(state, 1, longestRandom);
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
        chip.rest();
        return 0;
      },
      watchdog(state) {
        chip.restartAfter(checkWithin(state, 1, longestWatchdogMs));
        return 0;
      },
      get(state) {
        const found = nvs.get(checkName(state, 1), checkName(state, 2));
        if (typeof found === "string") return fail(state, found);
        lua.lua_pushstring(state, found);
        return 1;
      },
      set(state) {
        const [namespace, key] = [checkName(state, 1), checkName(state, 2)];
        const value = lua.lua_isnoneornil(state, 3) ? undefined : lauxlib.luaL_checkstring(state, 3);
        if (value !== undefined && value.length > longestRecordBytes) return fail(state, "ESP_ERR_NVS_VALUE_TOO_LONG");
        const error = nvs.set(namespace, key, value);
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
        const { text, number } = readOptions(state, mqttOptions);
        const topic = text("lwt_topic")?.toString("latin1");
        if (topic === undefined && ["lwt_msg", "lwt_qos", "lwt_retain"].some((name) => (text(name) ?? number(name)) !== undefined))
          raise(state, "a will needs lwt_topic");
        const will = { payload: text("lwt_msg") ?? Buffer.alloc(0), qos: number("lwt_qos") ?? 0, retain: number("lwt_retain") === 1 };
        Object.assign(component.mqtt, {
          clientId: text("clientid")?.toString("latin1"),
          username: text("username")?.toString("latin1"),
          password: text("password")?.toString("latin1"),
          alpn: text("alpn")?.toString("latin1"),
          will: topic === undefined ? undefined : { topic, ...will },
          bufferBytes: number("bufsize") ?? 0,
        });
        return 0;
      },
      http(state) {
        const { text, number } = readOptions(state, httpOptions);
        const [certificate, key] = [text("cert"), text("key")];
        if ((certificate === undefined) !== (key === undefined)) raise(state, "cert and key belong together");
        Object.assign(component.http, { certificate, key, requestBytes: number("txsize") ?? httpRequestBytes });
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
    });
  });
}
