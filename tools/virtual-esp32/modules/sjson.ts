/** sjson.c: JSON as this firmware has it, its mistakes included. */
import type { Chip } from "../chip";
import { panic } from "../chip";
import type { JsonToken } from "../jsonsl";
import { readJson } from "../jsonsl";
import type { LuaState } from "../lua";
import { bytes, latin1, lauxlib, lua, luaType } from "../lua";
import { formatG } from "../numbers";
import type { Traversal } from "../order";
import { checkObject, checkText, newObject, raise, setFunctions } from "../bind";

/** The null of a decoded document: a light userdata, which counts as true. */
const nullValue = { null: true };
const depth = 20;
const maxArray = 16383;
const encodeBytes = 1_000_000;

interface Options {
  /** Registry reference of what stands for null; undefined without an options table. */
  readonly nullRef: number | undefined;
  readonly metatable: number | undefined;
}
interface Decoder extends Options {
  text: string;
  failed: boolean;
  result: number | undefined;
}
interface Encoder {
  rest: string;
}

export function registerSjson(chip: Chip): void {
  const { vm } = chip;

  function optionsAt(L: LuaState, arg: number): Options {
    if (lua.lua_type(L, arg) !== luaType.table) return { nullRef: undefined, metatable: undefined };
    const refs = ["null", "metatable"].map((name) => {
      lua.lua_getfield(L, arg, name);
      const ref = vm.ref(-1);
      lua.lua_pop(L, 1);
      return ref;
    });
    return { nullRef: refs[0], metatable: refs[1] };
  }

  function pushNull(L: LuaState, { nullRef }: Options): void {
    // With any options table that has no `null`, nulls are nil: members vanish, arrays get holes.
    if (nullRef === undefined) lua.lua_pushlightuserdata(L, nullValue);
    else vm.push(nullRef);
  }

  /** Builds the document and leaves it on the stack. */
  function build(L: LuaState, tokens: readonly JsonToken[], options: Options): void {
    const counts: number[] = [];
    lauxlib.luaL_checkstack(L, 3 * depth + 10, bytes("out of memory"));
    for (const token of tokens) {
      const isInside = counts.length > 0;
      if (token.kind === "key") {
        counts[counts.length - 1] = -1;
        lua.lua_pushstring(L, unescape(token.text));
        continue;
      }
      if (token.kind === "close") {
        counts.pop();
        if (counts.length > 0) lua.lua_settable(L, -3);
        continue;
      }
      // In an array the key is the next number.
      if (isInside && counts[counts.length - 1]! >= 0) lua.lua_pushinteger(L, ++counts[counts.length - 1]!);
      if (token.kind === "open") {
        lua.lua_newtable(L);
        if (options.metatable !== undefined) {
          vm.push(options.metatable);
          if (lua.lua_istable(L, -1)) lua.lua_setmetatable(L, -2);
          else lua.lua_pop(L, 1);
        }
        counts.push(token.bracket === "{" ? -1 : 0);
        continue;
      }
      if (token.kind === "string") lua.lua_pushstring(L, unescape(token.text));
      else if (token.kind === "number") {
        if (lua.lua_stringtonumber(L, bytes(token.text)) === 0) raise(L, "Invalid number");
      } else if (token.kind === "null") pushNull(L, options);
      else lua.lua_pushboolean(L, token.kind === "true");
      lua.lua_settable(L, -3);
    }
  }

  function write(L: LuaState, decoder: Decoder, chunk: string): number {
    if (decoder.failed) raise(L, "JSON parse error: previous call");
    if (decoder.result === undefined) {
      decoder.text += chunk;
      const reading = readJson(decoder.text);
      if (reading.error !== undefined) {
        decoder.failed = true;
        raise(L, `JSON parse error: ${reading.error}`);
      }
      if (!reading.isComplete) return 0;
      build(L, reading.tokens, decoder);
      decoder.result = vm.ref(-1);
      decoder.text = "";
    }
    vm.push(decoder.result);
    return 1;
  }

  vm.addClass("sjson.decoder", {
    write: (L) => write(L, checkObject<Decoder>(L, 1, "sjson.decoder"), checkText(L, 2)),
    result(L) {
      vm.push(checkObject<Decoder>(L, 1, "sjson.decoder").result ?? raise(L, "decode not complete"));
      return 1;
    },
  });
  vm.addClass("sjson.encoder", {
    read(L) {
      const encoder = checkObject<Encoder>(L, 1, "sjson.encoder");
      const count = lua.lua_type(L, 2) === luaType.number ? Math.max(1, lua.lua_tointeger(L, 2)) : 1024;
      if (encoder.rest === "") return 0;
      lua.lua_pushstring(L, Buffer.from(encoder.rest.slice(0, count), "latin1"));
      encoder.rest = encoder.rest.slice(count);
      return 1;
    },
  });

  function encodeTop(L: LuaState): string {
    lauxlib.luaL_checktype(L, 1, luaType.table);
    const { nullRef } = optionsAt(L, 2);
    let nullText: string | undefined;
    if (nullRef !== undefined) {
      vm.push(nullRef);
      if (lua.lua_type(L, -1) === luaType.string) nullText = latin1(lua.lua_tostring(L, -1)!);
      lua.lua_pop(L, 1);
    }
    lua.lua_pushvalue(L, 1);
    return encode(L, vm.traversal, nullText, 1);
  }

  vm.addModule("sjson", (L) =>
    setFunctions(L, {
      decode(state) {
        const decoder: Decoder = { ...optionsAt(state, 2), text: "", failed: false, result: undefined };
        if (write(state, decoder, checkText(state, 1)) === 0) raise(state, "Incomplete JSON object passed to sjson.decode");
        vm.unref(decoder.result!);
        return 1;
      },
      decoder(state) {
        newObject(state, "sjson.decoder", { ...optionsAt(state, 1), text: "", failed: false, result: undefined } satisfies Decoder);
        return 1;
      },
      encode(state) {
        lua.lua_pushstring(state, Buffer.from(encodeTop(state).slice(0, encodeBytes), "latin1"));
        return 1;
      },
      encoder(state) {
        newObject(state, "sjson.encoder", { rest: encodeTop(state) } satisfies Encoder);
        return 1;
      },
    }),
  );
}

function hexDigit(char: string | undefined): number {
  const code = char === undefined ? 0x30 : char.charCodeAt(0);
  return (code <= 0x39 ? code : code - 0x41 + 10) & 0xf;
}

/** push_string: two halves of a surrogate pair become two question marks. */
function unescape(raw: string): Uint8Array {
  const text = raw.replace(/\\(?:u(.?)(.?)(.?)(.?)|(.))/gs, (_, a?: string, b?: string, c?: string, d?: string, simple?: string) => {
    if (simple !== undefined) return { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }[simple] ?? simple;
    const code = [a, b, c, d].reduce((sum, digit) => sum * 16 + hexDigit(digit), 0);
    return code >= 0xd800 && code <= 0xdfff ? "?" : Buffer.from(String.fromCharCode(code), "utf8").toString("latin1");
  });
  return Buffer.from(text, "latin1");
}

/** Encodes the table on top of the stack, and pops it. */
function encode(L: LuaState, traversal: Traversal, nullText: string | undefined, level: number): string {
  if (level > depth) raise(L, "encoder stack overflow");
  lauxlib.luaL_checkstack(L, 5, bytes("out of memory"));
  const table = lua.lua_gettop(L);
  const size = arraySize(L, traversal, table);
  const parts: string[] = [];
  const value = (): string => {
    for (let calls = 0; calls < 10 && lua.lua_isfunction(L, -1); calls++) lua.lua_call(L, 0, 1);
    if (lua.lua_istable(L, -1)) return encode(L, traversal, nullText, level + 1);
    const text = scalar(L, nullText);
    lua.lua_pop(L, 1);
    return text;
  };
  // offset and size are shorts: a longer array never reaches its end.
  if (size > maxArray) panic("not enough memory");
  for (let i = 1; i <= size; i++) {
    lua.lua_rawgeti(L, table, i);
    parts.push(value());
  }
  if (size < 0) {
    lua.lua_pushnil(L);
    while (traversal.next(L, table)) {
      lua.lua_pushvalue(L, -2);
      if (lua.lua_type(L, -1) === luaType.number) lua.lua_tostring(L, -1);
      const key = scalar(L, nullText);
      lua.lua_pop(L, 1);
      parts.push(`${key}:${value()}`);
    }
  }
  lua.lua_settop(L, table - 1);
  return size < 0 ? `{${parts.join(",")}}` : `[${parts.join(",")}]`;
}

/** The largest key when all keys are positive integers, 0 for an empty table, -1 for an object. */
function arraySize(L: LuaState, traversal: Traversal, table: number): number {
  let largest = 0;
  lua.lua_pushnil(L);
  while (traversal.next(L, table)) {
    lua.lua_pop(L, 1);
    const key = lua.lua_type(L, -1) === luaType.number ? lua.lua_tointeger(L, -1) : 0;
    if (key <= 0) {
      lua.lua_pop(L, 1);
      return -1;
    }
    largest = Math.max(largest, key);
  }
  return largest;
}

function scalar(L: LuaState, nullText: string | undefined): string {
  const type = lua.lua_type(L, -1);
  if (type === luaType.string) {
    const text = latin1(lua.lua_tostring(L, -1)!);
    return text === nullText ? "null" : quote(text);
  }
  if (type === luaType.nil || type === luaType.lightUserdata) return "null";
  if (type === luaType.boolean) return lua.lua_toboolean(L, -1) ? "true" : "false";
  if (type !== luaType.number) return raise(L, `Cannot encode type ${type}`);
  if (lua.lua_isinteger(L, -1)) return String(lua.lua_tointeger(L, -1));
  const number = lua.lua_tonumber(L, -1);
  return Number.isFinite(number) ? formatG(number, 19) : "null";
}

/** Quotes and control characters are escaped; a backslash is not. */
function quote(text: string): string {
  const short: Readonly<Record<string, string>> = { "\f": "\\f", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", '"': '\\"' };
  return `"${text.replace(/["\x00-\x1f]/g, (char) => short[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)}"`;
}
