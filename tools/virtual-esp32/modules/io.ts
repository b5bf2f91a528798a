/** Lua's `io` on the flash file system. Standard input has nothing; standard output is the console. */
import type { Chip } from "../chip";
import type { CFunction, LuaState } from "../lua";
import { bytes, lauxlib, lua, luaType } from "../lua";
import type { FileError, OpenFile } from "../spiffs";
import { isFileError } from "../spiffs";
import { checkObject, checkText, newObject, raise, setFunctions } from "../bind";

interface Handle {
  file: OpenFile | undefined;
}

const className = "FILE*";
const chunkBytes = 256;

/** luaL_fileresult */
function result(L: LuaState, error: FileError | undefined, name?: string): number {
  if (error === undefined) {
    lua.lua_pushboolean(L, true);
    return 1;
  }
  lua.lua_pushnil(L);
  lua.lua_pushstring(L, name === undefined ? error.message : `${name}: ${error.message}`);
  lua.lua_pushinteger(L, error.errno);
  return 3;
}

function fileOf(L: LuaState): OpenFile {
  return checkObject<Handle>(L, 1, className).file ?? raise(L, "attempt to use a closed file");
}

function readLine(file: OpenFile, keepEnd: boolean): Buffer | FileError | undefined {
  const parts: Buffer[] = [];
  for (;;) {
    const part = file.read(chunkBytes);
    if (isFileError(part)) return part;
    if (part.length === 0) return parts.length === 0 ? undefined : Buffer.concat(parts);
    const end = part.indexOf(10);
    if (end < 0) {
      parts.push(part);
      continue;
    }
    file.seek("cur", end + 1 - part.length);
    return Buffer.concat([...parts, part.subarray(0, keepEnd ? end + 1 : end)]);
  }
}

function readAll(file: OpenFile): Buffer | FileError {
  const parts: Buffer[] = [];
  for (;;) {
    const part = file.read(chunkBytes);
    if (isFileError(part)) return part;
    if (part.length === 0) return Buffer.concat(parts);
    parts.push(part);
  }
}

function readCount(file: OpenFile, count: number): Buffer | FileError | undefined {
  const part = file.read(count);
  if (isFileError(part)) return part;
  if (count > 0) return part.length === 0 ? undefined : part;
  const next = file.read(1);
  if (isFileError(next)) return next;
  file.seek("cur", -next.length);
  return next.length === 0 ? undefined : part;
}

/** A numeral at the current position, as io.read("n") takes it. */
function readNumber(L: LuaState, file: OpenFile): boolean {
  const start = file.seek("cur", 0);
  const text = file.read(200);
  if (typeof start !== "number" || isFileError(text)) return false;
  const found = /^\s*([+-]?(?:0[xX][\da-fA-F]*\.?[\da-fA-F]*(?:[pP][+-]?\d+)?|\d*\.?\d*(?:[eE][+-]?\d+)?))/.exec(text.toString("latin1"));
  file.seek("set", start + (found?.[0].length ?? 0));
  return lua.lua_stringtonumber(L, bytes(found?.[1] ?? "")) !== 0;
}

/** g_read: results from the formats at `first` and above. */
function read(L: LuaState, file: OpenFile, first: number): number {
  const formats = lua.lua_gettop(L) - first + 1;
  let pushed = 0;
  for (let i = 0; i < Math.max(1, formats); i++) {
    let part: Buffer | FileError | undefined;
    if (formats > 0 && lua.lua_type(L, first + i) === luaType.number) part = readCount(file, lauxlib.luaL_checkinteger(L, first + i));
    else {
      const format = formats === 0 ? "l" : checkText(L, first + i).replace(/^\*/, "")[0];
      if (format === "n") {
        if (!readNumber(L, file)) lua.lua_pushnil(L);
        pushed++;
        if (lua.lua_isnil(L, -1)) break;
        continue;
      }
      if (format === "l" || format === "L") part = readLine(file, format === "L");
      else if (format === "a") part = readAll(file);
      else return lauxlib.luaL_argerror(L, first + i, bytes("invalid format"));
    }
    if (part !== undefined && isFileError(part)) return result(L, part);
    pushed++;
    if (part === undefined) {
      lua.lua_pushnil(L);
      break;
    }
    lua.lua_pushstring(L, part);
  }
  return pushed;
}

export function registerIo(chip: Chip): void {
  const { vm, fs } = chip;

  function open(L: LuaState, name: string, mode: string): FileError | undefined {
    const file = fs.open(name, mode);
    if (isFileError(file)) return file;
    const handle: Handle = { file };
    newObject(L, className, handle);
    vm.finalize(-1, () => {
      handle.file?.close();
      handle.file = undefined;
    });
    return undefined;
  }

  /** An iterator over the file at `index`; formats follow it. `closes` it at the end, as io.lines does. */
  function lines(L: LuaState, index: number, closes: boolean): number {
    const handle = checkObject<Handle>(L, index, className);
    const formats: number[] = [];
    for (let i = index + 1, n = lua.lua_gettop(L); i <= n; i++) formats.push(vm.ref(i));
    lua.lua_pushvalue(L, index);
    lua.lua_pushcclosure(
      L,
      (state) => {
        const file = handle.file ?? raise(state, "file is already closed");
        lua.lua_settop(state, 0);
        formats.forEach((format) => vm.push(format));
        const results = read(state, file, 1);
        if (!lua.lua_isnil(state, -results)) return results;
        if (results > 1) raise(state, Buffer.from(lua.lua_tostring(state, -results + 1) ?? []).toString());
        if (closes) {
          file.close();
          handle.file = undefined;
        }
        return 0;
      },
      1,
    );
    return 1;
  }

  const close: CFunction = (L) => {
    const handle = checkObject<Handle>(L, 1, className);
    const file = handle.file ?? raise(L, "attempt to use a closed file");
    handle.file = undefined;
    return result(L, file.close());
  };

  vm.addClass(className, {
    close,
    read: (L) => read(L, fileOf(L), 2),
    lines(L) {
      fileOf(L);
      return lines(L, 1, false);
    },
    write(L) {
      const file = fileOf(L);
      for (let i = 2, n = lua.lua_gettop(L); i <= n; i++) {
        const error = file.write(Buffer.from(lauxlib.luaL_checkstring(L, i)));
        if (error !== undefined) return result(L, error);
      }
      lua.lua_pushvalue(L, 1);
      return 1;
    },
    flush: (L) => result(L, fileOf(L).flush()),
    seek(L) {
      const file = fileOf(L);
      const whence = lua.lua_isnoneornil(L, 2) ? "cur" : checkText(L, 2);
      if (whence !== "set" && whence !== "cur" && whence !== "end") lauxlib.luaL_argerror(L, 2, bytes(`invalid option '${whence}'`));
      const at = file.seek(whence as "set", lauxlib.luaL_optinteger(L, 3, 0));
      if (typeof at !== "number") return result(L, at);
      lua.lua_pushinteger(L, at);
      return 1;
    },
    setvbuf: (L) => result(L, undefined),
    __tostring(L) {
      const { file } = checkObject<Handle>(L, 1, className);
      lua.lua_pushstring(L, file === undefined ? "file (closed)" : "file (0x3ffb0000)");
      return 1;
    },
  });

  vm.addModule("io", (L) =>
    setFunctions(L, {
      open(state) {
        const name = checkText(state, 1);
        const mode = lua.lua_isnoneornil(state, 2) ? "r" : checkText(state, 2);
        if (!/^[rwa]\+?b?$/.test(mode)) lauxlib.luaL_argerror(state, 2, bytes("invalid mode"));
        const error = open(state, name, mode);
        return error === undefined ? 1 : result(state, error, name);
      },
      lines(state) {
        const name = checkText(state, 1);
        const error = open(state, name, "r");
        if (error !== undefined) raise(state, `${name}: ${error.message}`);
        lua.lua_replace(state, 1);
        return lines(state, 1, true);
      },
      close,
      type(state) {
        lauxlib.luaL_checkany(state, 1);
        const handle = lauxlib.luaL_testudata(state, 1, className)?.self as Handle | undefined;
        if (handle === undefined) lua.lua_pushnil(state);
        else lua.lua_pushstring(state, handle.file === undefined ? "closed file" : "file");
        return 1;
      },
      write(state) {
        for (let i = 1, n = lua.lua_gettop(state); i <= n; i++) chip.write(lauxlib.luaL_checkstring(state, i));
        return 0;
      },
      read(state) {
        lua.lua_pushnil(state);
        return 1;
      },
      popen: (state) => raise(state, "'popen' not supported"),
    }),
  );
}
