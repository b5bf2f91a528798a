/** `string.format` with C's idea of %g, %e and of floats in %s. */
import type { CFunction } from "./lua";
import { bytes, latin1, lauxlib, lua, luaType } from "./lua";
import { floatText, formatE, formatG } from "./numbers";

const directive = /%([-+ #0]*)(\d*)(?:\.(\d*))?(.)/gs;

/** Wraps fengari's function: what it would write otherwise than C is made text beforehand. */
export function formatFunction(original: CFunction): CFunction {
  return (L) => {
    const format = latin1(lauxlib.luaL_checkstring(L, 1));
    let arg = 1;
    const rewritten = format.replace(directive, (whole, flags: string, width: string, precision: string | undefined, kind: string) => {
      if (kind === "%") return whole;
      arg++;
      if (kind === "s" && lua.lua_type(L, arg) === luaType.number && !lua.lua_isinteger(L, arg)) {
        lua.lua_pushstring(L, floatText(lua.lua_tonumber(L, arg)));
        lua.lua_replace(L, arg);
      }
      if (!"eEgG".includes(kind) || flags.includes("#")) return whole;
      const value = lauxlib.luaL_checknumber(L, arg);
      const digits = precision === undefined ? 6 : Number(precision);
      let text = kind.toLowerCase() === "e" ? formatE(value, digits) : formatG(value, digits);
      if (!text.startsWith("-")) text = (flags.includes("+") ? "+" : flags.includes(" ") ? " " : "") + text;
      if (flags.includes("0") && !flags.includes("-") && Number.isFinite(value))
        text = text.replace(/^([+ -]?)/, (sign) => sign.padEnd(sign.length + Number(width) - text.length, "0"));
      if (kind < "a") text = text.toUpperCase();
      lua.lua_pushstring(L, text);
      lua.lua_replace(L, arg);
      return `%${flags.includes("-") ? "-" : ""}${width}s`;
    });
    lua.lua_pushstring(L, bytesOf(rewritten));
    lua.lua_replace(L, 1);
    return original(L);
  };
}

function bytesOf(text: string): Uint8Array {
  return /^[\x20-\x7e]*$/.test(text) ? bytes(text) : Uint8Array.from(Buffer.from(text, "latin1"));
}
