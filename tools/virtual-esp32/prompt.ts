/**
 * The Lua prompt at the console: characters become lines as in components/lua/common/linput.c, lines become chunks as in dojob of
 * components/lua/lua-5.3/lua.c (nodemcu/nodemcu-firmware, dev-esp32).
 */
import type { Chip } from "./chip";
import { latin1, lauxlib, lua, luaType, utf8 } from "./lua";
import type { Vm } from "./vm";

export interface Prompt {
  /** Bytes from the keyboard. */
  type(bytes: Uint8Array): void;
  /** The first prompt, once the boot chunk has run. */
  start(): void;
}

/** LUA_MAXINPUT: with its end of line a line has at most so many bytes. */
const longestLine = 256;
const [backspace, lineFeed, carriageReturn, del] = [0x08, 0x0a, 0x0d, 0x7f];

/** `echo` is the console without the chip's own buffer of lines: what is typed, and prompts, have no end of line. */
export function createPrompt(chip: Chip, echo: (text: string) => void): Prompt {
  const { vm } = chip;
  let line: number[] = [];
  let lastEnd = 0;
  let begun: string | undefined;
  let prompt = "> ";

  function run(text: string): void {
    vm.feedWatchdog();
    const first = text.startsWith("=") ? `return ${text.slice(1)}` : text;
    const code = begun === undefined ? first : `${begun}\n${text}`;
    begun = runChunk(vm, code) === "incomplete" ? code : undefined;
    prompt = promptOf(begun === undefined ? "_PROMPT" : "_PROMPT2", begun === undefined ? "> " : ">> ");
    echo(prompt);
  }

  function promptOf(global: string, usual: string): string {
    lua.lua_getglobal(vm.L, global);
    const own = lua.lua_tostring(vm.L, -1);
    lua.lua_pop(vm.L, 1);
    return own === null ? usual : utf8(own);
  }

  function take(byte: number): void {
    const isOther = (byte === carriageReturn && lastEnd === lineFeed) || (byte === lineFeed && lastEnd === carriageReturn);
    if (isOther) return; // The second of CR LF, or of LF CR. As in linput.c, of any number of them.
    if (byte === del || byte === backspace) {
      if (line.length > 0) echo("\b \b");
      line.pop();
      return;
    }
    if (byte === lineFeed || byte === carriageReturn) {
      lastEnd = byte;
      echo("\n");
      const text = Buffer.from(line).toString("latin1");
      line = [];
      if (text === "") echo(prompt);
      else chip.post("low", () => run(text));
      return;
    }
    lastEnd = 0;
    echo(Buffer.from([byte]).toString("latin1"));
    // A line that is too long loses what it has so far, and goes on.
    if (line.length + 1 >= longestLine) line = [];
    line.push(byte);
  }

  return {
    type: (bytes) => bytes.forEach((byte) => void chip.post("high", () => take(byte))),
    start: () => void chip.post("low", () => run(" ")),
  };
}

const incompleteMark = "<eof>";

/** Compiles and runs, and prints what comes back, or the error. `code` has one character for each byte. */
function runChunk(vm: Vm, code: string): "done" | "incomplete" {
  const { L } = vm;
  const base = lua.lua_gettop(L);
  lua.lua_pushcfunction(L, (state) => {
    lua.lua_getglobal(state, "debug");
    lua.lua_getfield(state, -1, "traceback");
    lua.lua_insert(state, 1);
    lua.lua_pop(state, 1);
    lua.lua_pushinteger(state, 2);
    lua.lua_call(state, 2, 1);
    // In C's words: fengari calls its own functions [JS].
    const text = lua.lua_type(state, -1) === luaType.string ? latin1(lua.lua_tostring(state, -1)!) : undefined;
    if (text !== undefined) lua.lua_pushstring(state, Buffer.from(text.replaceAll("\t[JS]:", "\t[C]:"), "latin1"));
    return 1;
  });
  const chunk = Buffer.from(code, "latin1");
  let status = lauxlib.luaL_loadbufferx(L, chunk, chunk.length, "=stdin", null);
  vm.check();
  const isIncomplete = status !== lua.LUA_OK && utf8(lua.lua_tostring(L, -1) ?? new Uint8Array()).endsWith(incompleteMark);
  if (!isIncomplete) {
    if (status === lua.LUA_OK) {
      status = lua.lua_pcall(L, 0, lua.LUA_MULTRET, base + 1);
      vm.check();
    }
    lua.lua_remove(L, base + 1);
    if (status !== lua.LUA_OK && lua.lua_type(L, -1) !== luaType.nil) {
      lua.lua_pushstring(L, "Lua error: ");
      lua.lua_insert(L, -2);
    }
    const results = lua.lua_gettop(L) - base;
    if (results > 0) {
      lua.lua_getglobal(L, "print");
      lua.lua_insert(L, base + 1);
      lua.lua_pcall(L, results, 0, 0);
      vm.check();
    }
  }
  lua.lua_settop(L, base);
  return isIncomplete ? "incomplete" : "done";
}
