/** gpio.c over ESP-IDF's driver: pins that the chip lacks raise, and a write before a config shows nothing on the pin. */
import type { Chip } from "../chip";
import type { LuaState } from "../lua";
import { lauxlib, lua, luaType } from "../lua";
import { raise, setFunctions, setIntegers } from "../bind";

const mode = { IN: 1, OUT: 2, IN_OUT: 3 } as const;
const interrupt = { INTR_NONE: 0, INTR_UP: 1, INTR_DOWN: 2, INTR_UP_DOWN: 3, INTR_LOW: 4, INTR_HIGH: 5 } as const;
const pull = { FLOATING: 0, PULL_UP: 1, PULL_DOWN: 2, PULL_UP_DOWN: 3 } as const;
const drive = { DRIVE_0: 0, DRIVE_1: 1, DRIVE_2: 2, DRIVE_DEFAULT: 2, DRIVE_3: 3 } as const;

interface Trigger {
  kind: number;
  callback: number | undefined;
  /** An interrupt switches itself off until its callback has run. */
  isArmed: boolean;
}

export function registerGpio(chip: Chip): void {
  const { vm, pins } = chip;
  const { canBeOutput, isPin } = pins;
  const triggers = new Map<number, Trigger>();

  function integerField(L: LuaState, table: number, name: string, fallback?: number): number {
    lua.lua_getfield(L, table, name);
    const value = fallback === undefined ? lauxlib.luaL_checkinteger(L, -1) : lauxlib.luaL_optinteger(L, -1, fallback);
    lua.lua_pop(L, 1);
    return value;
  }

  function pinsOf(L: LuaState, table: number): number[] {
    const type = lua.lua_getfield(L, table, "gpio");
    const list: number[] = [];
    if (type === luaType.number) list.push(lua.lua_tointeger(L, -1));
    else if (type === luaType.table) {
      lua.lua_pushnil(L);
      while (lua.lua_next(L, -2) !== 0) {
        list.push(lua.lua_tointeger(L, -1));
        lua.lua_pop(L, 1);
      }
    } else raise(L, "missing/bad 'gpio' field");
    lua.lua_pop(L, 1);
    return list;
  }

  function fire(pin: number, level: 0 | 1): void {
    const trigger = triggers.get(pin);
    if (trigger === undefined || !trigger.isArmed) return;
    const wanted = [false, level === 1, level === 0, true, level === 0, level === 1][trigger.kind] ?? false;
    if (!wanted) return;
    trigger.isArmed = false;
    // When the queue is full the pin stays dead until trig is called again.
    chip.post("low", () => {
      if (trigger.callback === undefined) return;
      const callback = trigger.callback;
      vm.call((L) => {
        vm.push(callback);
        lua.lua_pushinteger(L, pin);
        lua.lua_pushinteger(L, level);
      }, 2);
      trigger.isArmed = true;
    });
  }
  pins.onInput = fire;

  vm.addModule("gpio", (L) => {
    setFunctions(L, {
      config(state) {
        for (let i = 1, n = lua.lua_gettop(state); i <= n; i++) {
          lauxlib.luaL_checktype(state, i, luaType.table);
          const dir = integerField(state, i, "dir");
          integerField(state, i, "opendrain", 0);
          integerField(state, i, "pull", 0);
          const list = pinsOf(state, i);
          const isOutput = (dir & mode.OUT) !== 0;
          if (list.length === 0 || !list.every(isPin) || (isOutput && !list.every(canBeOutput))) raise(state, "invalid argument");
          for (const pin of list) pins.configure(pin, isOutput, (dir & mode.IN) !== 0);
        }
        return 0;
      },
      read(state) {
        const pin = lauxlib.luaL_checkinteger(state, 1);
        if (!isPin(pin)) raise(state, "invalid argument");
        lua.lua_pushinteger(state, pins.read(pin));
        return 1;
      },
      write(state) {
        const pin = lauxlib.luaL_checkinteger(state, 1);
        const level = lauxlib.luaL_checkinteger(state, 2);
        if (!canBeOutput(pin)) raise(state, "invalid argument");
        pins.write(pin, level === 0 ? 0 : 1);
        return 0;
      },
      trig(state) {
        const pin = lauxlib.luaL_checkinteger(state, 1);
        const kind = lauxlib.luaL_optinteger(state, 2, interrupt.INTR_NONE);
        const hasCallback = !lua.lua_isnoneornil(state, 3);
        if (hasCallback) lauxlib.luaL_checktype(state, 3, luaType.function);
        if (pin < 0 || pin > 39) raise(state, "invalid gpio");
        if (!isPin(pin)) raise(state, "invalid argument");
        const trigger = triggers.get(pin) ?? { kind, callback: undefined, isArmed: false };
        triggers.set(pin, trigger);
        if ((kind === interrupt.INTR_NONE || hasCallback) && trigger.callback !== undefined) {
          vm.unref(trigger.callback);
          trigger.callback = undefined;
        }
        if (kind !== interrupt.INTR_NONE && hasCallback) trigger.callback = vm.ref(3);
        trigger.kind = kind;
        trigger.isArmed = kind !== interrupt.INTR_NONE;
        return 0;
      },
      wakeup(state) {
        lauxlib.luaL_checkinteger(state, 1);
        return 0;
      },
      set_drive(state) {
        if (!canBeOutput(lauxlib.luaL_checkinteger(state, 1))) raise(state, "invalid argument");
        lauxlib.luaL_checkinteger(state, 2);
        return 0;
      },
    });
    setIntegers(L, { ...mode, ...interrupt, ...pull, ...drive });
  });
}
