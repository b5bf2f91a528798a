/** Numbers as C's printf writes them. fengari writes them as JavaScript does (1e14, inf, -0.0 come out otherwise). */
import type { LuaState, LuaValue } from "./lua";
import { bytes, internals } from "./lua";

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return "nan";
  if (value === Infinity) return "inf";
  if (value === -Infinity) return "-inf";
  return undefined;
}

/** `%.<precision>e` */
export function formatE(value: number, precision: number): string {
  const text = special(value) ?? value.toExponential(Math.min(precision, 100));
  return (Object.is(value, -0) ? "-" : "") + text.replace(/e([+-])(\d)$/, "e$10$2");
}

/** `%.<precision>g` */
export function formatG(value: number, precision: number): string {
  const odd = special(value);
  if (odd !== undefined) return odd;
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const digits = Math.max(1, Math.min(precision, 100));
  const exponent = Number(value.toExponential(digits - 1).split("e")[1]);
  if (exponent < -4 || exponent >= digits) {
    const [mantissa = ""] = value.toExponential(digits - 1).split("e");
    const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
    return `${short}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const fixed = value.toFixed(Math.max(0, digits - 1 - exponent));
  return fixed.includes(".") ? fixed.replace(/\.?0+$/, "") : fixed;
}

/** A Lua float as text: LUAI_NUMFFORMAT of a build with doubles is "%.14g", and what looks like an integer gets ".0". */
export function floatText(value: number): string {
  const text = formatG(value, 14);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

// Concatenation and lua_tostring go through this one function of fengari.
internals.object.luaO_tostring = (L: LuaState, value: LuaValue): void => {
  const text = value.ttisinteger() ? String(value.value) : floatText(value.value as number);
  value.setsvalue(internals.string.luaS_bless(L, Uint8Array.from(bytes(text))));
};
