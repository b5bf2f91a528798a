/** Lua 5.3 in JavaScript, with the one kindness taken away that hides bugs: `pairs` comes in an order that changes from run to run. */
import { createRequire } from "node:module";

/** A Lua state. */
type State = object;

/** The part of fengari used here; it brings no types. */
interface Fengari {
  to_luastring(text: string): Uint8Array;
  to_jsstring(bytes: Uint8Array): string;
  lauxlib: {
    luaL_newstate(): State;
    luaL_loadbuffer(L: State, code: Uint8Array, length: number, chunkName: Uint8Array): number;
    luaL_checkstring(L: State, index: number): Uint8Array;
    luaL_tolstring(L: State, index: number): Uint8Array;
  };
  lua: {
    lua_register(L: State, name: Uint8Array, body: () => number): void;
    lua_pushinteger(L: State, value: number): void;
    lua_pcall(L: State, args: number, results: number, handler: number): number;
  };
  lualib: { luaL_openlibs(L: State): void };
}

const fengari = createRequire(import.meta.url)("fengari") as Fengari;
const { lauxlib, lua, lualib } = fengari;

/** The order depends on the seed only, so that a failure can be had again. */
const shuffledPairs = `
local next, random = next, math.random
math.randomseed(...)
function pairs(t)
  local meta = getmetatable(t)
  if meta and meta.__pairs then return meta.__pairs(t) end
  local keys = {}
  for key in next, t do
    local at = random(#keys + 1)
    keys[#keys + 1] = keys[at]
    keys[at] = key
  end
  local n = 0
  return function()
    while n < #keys do
      n = n + 1
      local value = t[keys[n]]
      if value ~= nil then return keys[n], value end
    end
  end, t, nil
end`;

/** Runs a Lua text to its end and gives the lines that it printed. Throws when it does not load or stops with an error. */
export function runInFengari(code: Uint8Array, chunkName: string, seed: number): string[] {
  const L = lauxlib.luaL_newstate();
  lualib.luaL_openlibs(L);
  const lines: string[] = [];
  lua.lua_register(L, fengari.to_luastring("print"), () => {
    lines.push(fengari.to_jsstring(lauxlib.luaL_checkstring(L, 1)));
    return 0;
  });
  const run = (text: Uint8Array, name: string): void => {
    const loaded = lauxlib.luaL_loadbuffer(L, text, text.length, fengari.to_luastring(`@${name}`)) === 0;
    if (loaded) lua.lua_pushinteger(L, seed);
    if (!loaded || lua.lua_pcall(L, 1, 0, 0) !== 0) throw new Error(fengari.to_jsstring(lauxlib.luaL_tolstring(L, -1)));
  };
  run(fengari.to_luastring(shuffledPairs), "shuffled-pairs");
  run(code, chunkName);
  return lines;
}
