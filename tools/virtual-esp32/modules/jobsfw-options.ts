/** The options of jobsfw.mqtt and jobsfw.http (options.c): each is checked, and one that is wrong leaves all as it was. */
import { raise } from "../bind";
import type { LuaState } from "../lua";
import { latin1, lauxlib, lua, luaType } from "../lua";

/** A text with its longest length, or a number with its limits. PEM texts may end in NUL; only bytes may be empty or hold one. */
type Option =
  | { readonly is: "text" | "bytes" | "pem"; readonly longest: number }
  | { readonly is: "number"; readonly least: number; readonly most: number };
export type Options = Readonly<Record<string, Option>>;

const text = (longest: number): Option => ({ is: "text", longest });
const number = (least: number, most: number): Option => ({ is: "number", least, most });

export const mqttOptions: Options = {
  clientid: text(128),
  username: text(1024),
  password: text(2048),
  lwt_topic: text(256),
  lwt_msg: { is: "bytes", longest: 2048 },
  alpn: text(255),
  lwt_qos: number(0, 2),
  lwt_retain: number(0, 1),
  bufsize: number(512, 32768),
  outsize: number(512, 32768),
  timeout: number(100, 120000),
  reconnect: number(50, 10000),
};
export const httpOptions: Options = {
  cert: { is: "pem", longest: 8192 },
  key: { is: "pem", longest: 8192 },
  txsize: number(512, 16384),
};

/** The options that were given. */
export interface Given {
  text(name: string): Buffer | undefined;
  number(name: string): number | undefined;
}

function textProblem(option: Option & { readonly longest: number }, value: Buffer): string | undefined {
  if (value.length > option.longest) return "too long";
  if (option.is === "bytes") return undefined;
  if (value.length === 0) return "empty";
  if (value.includes(0)) return "has a NUL";
  return option.is === "pem" && !value.includes("-----BEGIN ") ? "not PEM" : undefined;
}

/** Reads the table at 1. */
export function readOptions(L: LuaState, options: Options): Given {
  lauxlib.luaL_checktype(L, 1, luaType.table);
  lua.lua_settop(L, 1);
  const texts = new Map<string, Buffer>();
  const numbers = new Map<string, number>();
  lua.lua_pushnil(L);
  while (lua.lua_next(L, 1) !== 0) {
    if (lua.lua_type(L, -2) !== luaType.string) raise(L, "options have names");
    const name = latin1(lua.lua_tostring(L, -2)!);
    const wrong = (problem: string): never => raise(L, `option ${name}: ${problem}`);
    const option = Object.hasOwn(options, name) ? options[name]! : wrong("no such option");
    const type = lua.lua_type(L, -1);
    if (option.is === "number") {
      if (type !== luaType.number && type !== luaType.boolean) wrong("wrong type");
      const value = type === luaType.boolean ? Number(lua.lua_toboolean(L, -1)) : lua.lua_tonumber(L, -1);
      if (!Number.isInteger(value) || value < option.least || value > option.most) wrong("out of range");
      numbers.set(name, value);
    } else {
      if (type !== luaType.string) wrong("wrong type");
      let value = Buffer.from(lua.lua_tostring(L, -1)!);
      while (option.is === "pem" && value.at(-1) === 0) value = value.subarray(0, -1);
      const problem = textProblem(option, value);
      if (problem !== undefined) wrong(problem);
      texts.set(name, value);
    }
    lua.lua_pop(L, 1);
  }
  return { text: (name) => texts.get(name), number: (name) => numbers.get(name) };
}
