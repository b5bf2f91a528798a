/** Lua 5.3 in JavaScript, with the one kindness taken away that hides bugs: `pairs` comes in an order that changes from run to run. */
import { fengari } from "../../tools/bundle/fengari";

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
