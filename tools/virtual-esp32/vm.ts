/** One Lua machine as it runs between two resets: fengari, with the limits of the chip around it. */
import { registerBaseLibraries } from "./baselib";
import { setFunctions } from "./bind";
import { Fault } from "./fault";
import { newWeakTable, walkHeap } from "./heap";
import type { CFunction, LuaState } from "./lua";
import { bytes, latin1, lauxlib, lua, luaType, utf8 } from "./lua";
import "./names";
import "./numbers";
import type { Traversal } from "./order";
import { createTraversal } from "./order";
import { seeded } from "./random";
import { isReadOnly, makeReadOnly } from "./rotable";
import type { Stack } from "./stack";
import { createStack } from "./stack";

/**
 * The task watchdog restarts the chip after 5 s of Lua. How many instructions that is was not measured on a chip: an ESP32 at 160 MHz that runs
 * bytecode from flash does one to two million simple instructions a second, so 10 million is the most it could do. Real code reaches the
 * limit earlier: this is the one place where the virtual board may be kinder.
 */
export const instructionsUntilWatchdog = 10_000_000;
const instructionsPerCheck = 1000;

export interface VmOptions {
  readonly seed: number;
  readonly stackBytes: number;
  /** The console. */
  readonly write: (text: Uint8Array) => void;
  /** A file of the flash, for `loadfile`, `dofile` and `require`. */
  readonly readFile: (name: string) => Uint8Array | undefined;
  /** Posts a task of high priority. */
  readonly postHigh: (run: () => void) => void;
}

export interface Vm {
  readonly L: LuaState;
  readonly stack: Stack;
  readonly traversal: Traversal;
  readonly options: VmOptions;
  /** The Lua thread at work. */
  running: LuaState;
  /** Runs `body` as work of another thread, for resume. */
  asThread<T>(thread: LuaState, body: () => T): T;
  /** Rethrows what ended the chip while a C function of fengari had caught it. */
  check(): void;
  /** Wraps a function of fengari that calls back into Lua: costs stack, and lets a reset through. */
  guarded(cost: number, body: CFunction): CFunction;
  /** Keeps the value at `index`. */
  ref(index: number): number;
  unref(ref: number): void;
  push(ref: number): void;
  /** Keeps the value at `index` without keeping it alive. */
  readonly weak: ReturnType<typeof newWeakTable>;
  /** luaL_pcallx: runs a Lua function with arguments. An error is reported later by a task of its own; the result is false then. */
  call(push: (L: LuaState) => void, args: number, results?: number): boolean;
  /** Runs a chunk as the boot chunk runs (docall): an error is printed, nothing else happens. */
  runChunk(code: Uint8Array, chunkName: string): void;
  /** tmr.wdclr: the idle task had its turn. */
  feedWatchdog(): void;
  /** Puts the function of what shall happen after an error; the default prints and restarts. */
  onError(handler: CFunction): void;
  /** Adds a read-only module: its table is built by `fill` on top of the stack. */
  addModule(name: string, fill: (L: LuaState) => void): void;
  /** Registers the methods of a kind of userdata; names with two underscores are metamethods. */
  addClass(typeName: string, methods: Readonly<Record<string, CFunction>>): void;
  /** Collects: calls the finalizers of userdata that nothing refers to, and gives the bytes in use. */
  collect(): number;
  /** Calls `finalize` once the userdata at `index` is garbage. */
  finalize(index: number, finalize: () => void): void;
  /** Marks chunks that lie in flash (the embedded Lua Flash Store). */
  readonly inFlash: Set<string>;
}

export function createVm(options: VmOptions): Vm {
  const L = lauxlib.luaL_newstate();
  const stack = createStack(options.stackBytes);
  const finalizers = new Map<unknown, () => void>();
  let budget = instructionsUntilWatchdog;
  let ended: { error: unknown } | undefined;

  // fengari turns whatever JavaScript throws into a Lua error; a reset, and a mistake of ours, must go through.
  atNativeError(
    L,
    () => vm.running,
    (error) => {
      ended ??= { error: error instanceof RangeError ? new Fault("crash", `stack overflow: ${error.message}`) : error };
      throw ended.error;
    },
  );
  lua.lua_sethook(
    L,
    () => {
      budget -= instructionsPerCheck;
      if (budget < 0)
        throw new Fault("watchdog", "Task watchdog got triggered. The following tasks did not reset the watchdog in time: IDLE0");
    },
    lua.LUA_MASKCOUNT,
    instructionsPerCheck,
  );

  const errorReport: CFunction = (state) => {
    // luaL_pcallx's handler: strings get a traceback, other values arrive as they are.
    const type = lua.lua_type(state, 1);
    if (type === luaType.string || type === luaType.nil) {
      const message = type === luaType.string ? lua.lua_tostring(state, 1) : null;
      pushTraceback(state, message);
    }
    lua.lua_settop(state, type === luaType.string || type === luaType.nil ? 2 : 1);
    post(vm.ref(-1));
    return 0;
  };
  function post(error: number): void {
    options.postHigh(() => {
      vm.call((state) => {
        lua.lua_getfield(state, lua.LUA_REGISTRYINDEX, "onerror");
        vm.push(error);
        vm.unref(error);
      }, 1);
    });
  }

  const vm: Vm = {
    L,
    stack,
    traversal: createTraversal(seeded(options.seed)),
    options,
    running: L,
    weak: newWeakTable(L),
    inFlash: new Set(),
    asThread(thread, body) {
      const before = vm.running;
      vm.running = thread;
      try {
        return body();
      } finally {
        vm.running = before;
      }
    },
    check() {
      if (ended !== undefined) throw ended.error;
    },
    guarded(cost, body) {
      return (state) =>
        stack.during(cost, () => {
          const results = body(state);
          vm.check();
          return results;
        });
    },
    ref(index) {
      lua.lua_pushvalue(vm.running, index);
      return lauxlib.luaL_ref(vm.running, lua.LUA_REGISTRYINDEX);
    },
    unref(ref) {
      lauxlib.luaL_unref(L, lua.LUA_REGISTRYINDEX, ref);
    },
    push(ref) {
      lua.lua_rawgeti(vm.running, lua.LUA_REGISTRYINDEX, ref);
    },
    call(push, args, results = 0) {
      budget = instructionsUntilWatchdog;
      const base = lua.lua_gettop(L);
      lua.lua_pushcfunction(L, errorReport);
      // Always the main thread, also when a coroutine is at work.
      const status = vm.asThread(L, () => {
        push(L);
        return lua.lua_pcall(L, args, results, base + 1);
      });
      vm.check();
      lua.lua_remove(L, base + 1);
      if (status === lua.LUA_OK) return true;
      lua.lua_settop(L, base);
      if (status !== lua.LUA_ERRRUN) {
        lua.lua_pushstring(L, "out of memory");
        post(vm.ref(-1));
        lua.lua_settop(L, base);
      }
      return false;
    },
    runChunk(code, chunkName) {
      budget = instructionsUntilWatchdog;
      lua.lua_pushcfunction(L, (state) => {
        // lua.c's traceback handler: a value that is no string and has no __tostring is named by its type.
        let text = lua.lua_tostring(state, 1);
        if (text === null) {
          if (lauxlib.luaL_getmetafield(state, 1, "__tostring") !== luaType.nil) text = lauxlib.luaL_tolstring(state, 1);
          else text = bytes(`(error object is a ${utf8(lua.lua_typename(state, lua.lua_type(state, 1)))} value)`);
        }
        pushTraceback(state, text);
        return 1;
      });
      let status = lauxlib.luaL_loadbufferx(L, code, code.length, bytes(chunkName), null);
      vm.check();
      if (status === lua.LUA_OK) {
        status = lua.lua_pcall(L, 0, 0, 1);
        vm.check();
      }
      if (status !== lua.LUA_OK) options.write(Buffer.concat([lua.lua_tostring(L, -1) ?? bytes("error"), bytes("\n")]));
      lua.lua_settop(L, 0);
    },
    feedWatchdog() {
      budget = instructionsUntilWatchdog;
    },
    onError(handler) {
      lua.lua_pushcfunction(L, handler);
      lua.lua_setfield(L, lua.LUA_REGISTRYINDEX, "onerror");
    },
    addModule(name, fill) {
      lua.lua_getfield(L, lua.LUA_REGISTRYINDEX, "rom");
      lua.lua_newtable(L);
      fill(L);
      seal(L, vm);
      lua.lua_setfield(L, -2, name);
      lua.lua_pop(L, 1);
    },
    addClass(typeName, methods) {
      lauxlib.luaL_newmetatable(L, typeName);
      lua.lua_pushnil(L); // luaL_rometatable gives no name
      lua.lua_setfield(L, -2, "__name");
      const named = Object.entries(methods);
      setFunctions(L, Object.fromEntries(named.filter(([name]) => name.startsWith("__"))));
      lua.lua_newtable(L);
      setFunctions(L, Object.fromEntries(named.filter(([name]) => !name.startsWith("__"))));
      seal(L, vm);
      lua.lua_setfield(L, -2, "__index");
      makeReadOnly(L, -1, () => vm.running);
      lua.lua_pop(L, 1);
    },
    collect() {
      const { bytes: used, reached } = walkHeap(L, vm.weak.table, (chunk) => vm.inFlash.has(chunk));
      for (const [object, finalize] of finalizers) {
        if (reached.has(object)) continue;
        finalizers.delete(object);
        finalize();
      }
      return used;
    },
    finalize(index, finalize) {
      finalizers.set(lua.lua_topointer(vm.running, index), finalize);
    },
  };
  registerBaseLibraries(vm);
  return vm;
}

/** Calls `handle` for what JavaScript throws inside Lua. fengari would call it on a stack that has no room for it in the midst of a Lua function. */
function atNativeError(L: LuaState, running: () => LuaState, handle: (error: unknown) => never): void {
  type Inner = { readonly top: number; readonly ci: { top: number }; readonly l_G: object };
  const handler: CFunction = (thread) => handle(lua.lua_touserdata(thread, -1));
  Object.defineProperty((L as unknown as Inner).l_G, "atnativeerror", {
    get() {
      const thread = running() as unknown as Inner;
      thread.ci.top = Math.max(thread.ci.top, thread.top + 20);
      return handler;
    },
  });
}

/** luaL_traceback from the function that raised, in C's words: fengari calls its own functions [JS]. */
function pushTraceback(L: LuaState, message: Uint8Array | null): void {
  lauxlib.luaL_traceback(L, L, message, 1);
  const text = latin1(lua.lua_tostring(L, -1)!).replaceAll("\t[JS]:", "\t[C]:");
  lua.lua_pop(L, 1);
  lua.lua_pushstring(L, Buffer.from(text, "latin1"));
}

/** Puts the table on top of the stack, and the tables in it, into flash. */
function seal(L: LuaState, vm: Vm): void {
  lua.lua_pushnil(L);
  while (lua.lua_next(L, -2) !== 0) {
    if (lua.lua_istable(L, -1) && !isReadOnly(lua.lua_topointer(L, -1) as Parameters<typeof isReadOnly>[0])) seal(L, vm);
    lua.lua_pop(L, 1);
  }
  makeReadOnly(L, -1, () => vm.running);
}
