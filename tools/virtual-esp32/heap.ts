/**
 * The size of Lua's heap, and what of it is still reachable. fengari has no collector of its own, so both are found by walking from the
 * registry and the main stack: the answer is what the chip would have right after a full collection, with its object sizes.
 */
import type { LuaState, LuaTable, LuaValue } from "./lua";
import { lua } from "./lua";
import { isReadOnly } from "./rotable";

interface Proto {
  readonly source: { readonly realstring: Uint8Array } | null;
  readonly k: readonly LuaValue[];
  readonly p: readonly Proto[];
  readonly code: readonly unknown[];
  readonly upvalues: readonly unknown[];
  readonly locvars: readonly unknown[];
}
interface Closure {
  readonly p?: Proto | null;
  readonly upvals?: readonly LuaValue[];
  readonly upvalue?: readonly LuaValue[];
}
interface Thread {
  readonly stack: readonly (LuaValue | undefined)[];
  readonly top: number;
  readonly l_G: { readonly l_registry: LuaValue; readonly mt: readonly (LuaTable | null | undefined)[] };
}
interface Userdata {
  readonly metatable: LuaTable | null;
}
type Shape = { strong?: unknown; p?: unknown; upvalue?: unknown; l_G?: unknown; realstring?: Uint8Array; len?: unknown };

/** Bytes on the chip in a build with doubles: a TValue is packed to 12 bytes (lobject.h), pointers have 4. */
const size = { value: 12, node: 28, table: 32, closure: 20, upvalue: 20, userdata: 40, thread: 160, string: 17, proto: 76 } as const;

export interface HeapWalk {
  readonly bytes: number;
  /** Userdata and everything else that is still referenced, as fengari's objects. */
  readonly reached: ReadonlySet<unknown>;
}

function powerOf2(n: number): number {
  return n === 0 ? 0 : 2 ** Math.ceil(Math.log2(n));
}

/** Walks everything reachable. `weak` is not followed; code whose chunk name is in `inFlash` takes no RAM. */
export function walkHeap(L: LuaState, weak: LuaTable, inFlash: (chunkName: string) => boolean): HeapWalk {
  const reached = new Set<unknown>();
  const todo: unknown[] = [];
  let total = 0;
  const visit = (object: unknown): void => {
    if (object === null || object === undefined || typeof object !== "object" || reached.has(object)) return;
    reached.add(object);
    todo.push(object);
  };
  const visitValue = (value: LuaValue | undefined): void => {
    if (value !== undefined) visit(value.value);
  };
  const table = (t: LuaTable): void => {
    if (isReadOnly(t)) return; // in flash, with all that is in it
    visit(t.metatable);
    if (t === weak) return;
    let dense = 0;
    while (t.strong.has(dense + 1)) dense++;
    let entries = 0;
    for (const { key, value } of t.strong.values()) {
      entries++;
      visitValue(key);
      visitValue(value);
    }
    total += size.table + powerOf2(dense) * size.value + powerOf2(entries - dense) * size.node;
  };
  const proto = (p: Proto): void => {
    if (p.source !== null && inFlash(Buffer.from(p.source.realstring).toString())) return;
    total += size.proto + p.code.length * 8 + p.k.length * size.value + p.upvalues.length * 8 + p.locvars.length * 12;
    p.k.forEach(visitValue);
    p.p.forEach(visit);
  };
  const closure = (c: Closure): void => {
    const upvalues = c.upvals ?? c.upvalue ?? [];
    total += size.closure + upvalues.length * (c.upvals === undefined ? size.value : 4 + size.upvalue);
    upvalues.forEach(visitValue);
    visit(c.p);
  };
  const thread = (t: Thread): void => {
    total += size.thread + Math.max(t.top, 45) * size.value;
    for (let i = 0; i < t.top; i++) visitValue(t.stack[i]);
  };

  const main = L as unknown as Thread;
  visit(main);
  visit(main.l_G.l_registry.value);
  main.l_G.mt.forEach(visit);
  for (let object = todo.pop() as Shape | undefined; object !== undefined; object = todo.pop() as Shape | undefined) {
    if (object.realstring !== undefined) total += size.string + object.realstring.length;
    else if (object.strong !== undefined) table(object as LuaTable);
    else if (object.l_G !== undefined) thread(object as unknown as Thread);
    else if ("code" in object) proto(object as unknown as Proto);
    else if ("upvals" in object || object.upvalue !== undefined) closure(object as Closure);
    else if (object.len !== undefined) {
      total += size.userdata;
      visit((object as unknown as Userdata).metatable);
    }
  }
  return { bytes: total, reached };
}

/** The table that holds references which keep nothing alive. */
export function newWeakTable(L: LuaState): {
  ref(index: number): number;
  push(ref: number): void;
  unref(ref: number): void;
  table: LuaTable;
} {
  lua.lua_newtable(L);
  const table = lua.lua_topointer(L, -1) as LuaTable;
  lua.lua_setfield(L, lua.LUA_REGISTRYINDEX, "weak");
  let last = 0;
  return {
    table,
    ref(index) {
      const at = lua.lua_absindex(L, index);
      lua.lua_getfield(L, lua.LUA_REGISTRYINDEX, "weak");
      lua.lua_pushvalue(L, at);
      lua.lua_rawseti(L, -2, ++last);
      lua.lua_pop(L, 1);
      return last;
    },
    push(ref) {
      lua.lua_getfield(L, lua.LUA_REGISTRYINDEX, "weak");
      lua.lua_rawgeti(L, -1, ref);
      lua.lua_remove(L, -2);
    },
    unref(ref) {
      lua.lua_getfield(L, lua.LUA_REGISTRYINDEX, "weak");
      lua.lua_pushnil(L);
      lua.lua_rawseti(L, -2, ref);
      lua.lua_pop(L, 1);
    },
  };
}
