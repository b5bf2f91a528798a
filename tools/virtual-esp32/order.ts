/**
 * `next` in an order that depends on a seed. fengari keeps insertion order, which hides every bug that depends on the order of keys; on
 * the chip it differs between builds. Rules of Lua that hold: every key once, fields may be changed or removed during a traversal.
 */
import type { CFunction, LuaState, LuaTable, LuaValue } from "./lua";
import { internals, lauxlib, lua, luaType } from "./lua";

interface Order {
  /** Hashes of keys in the order of traversal. Removed keys stay until a key is added: a traversal may stand on one. */
  readonly hashes: unknown[];
  readonly keys: LuaValue[];
  readonly place: Map<unknown, number>;
}

/** fengari's name for a key: what `Table.strong` is indexed by. */
function hashOf(L: LuaState, index: number): unknown {
  const probe = lua.lua_topointer(L, index);
  if (probe !== null) return probe;
  const type = lua.lua_type(L, index);
  if (type === luaType.number) return lua.lua_tonumber(L, index);
  if (type === luaType.boolean) return lua.lua_toboolean(L, index);
  let text = "|"; // as luaS_hash in fengari's lstring.js
  for (const byte of lua.lua_tostring(L, index) ?? []) text += byte.toString(16);
  return text;
}

function isKnown(order: Order, table: LuaTable): boolean {
  for (const hash of table.strong.keys()) if (!order.place.has(hash)) return false;
  return true;
}

function shuffled(table: LuaTable, random: () => number): Order {
  const entries = [...table.strong];
  for (let i = entries.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [entries[i], entries[j]] = [entries[j]!, entries[i]!];
  }
  const { TValue } = internals.object;
  // Copies: fengari empties the key of an entry that is removed.
  const keys = entries.map(([, { key }]) => new TValue(key.type, key.value));
  const hashes = entries.map(([hash]) => hash);
  return { hashes, keys, place: new Map(hashes.map((hash, at) => [hash, at])) };
}

export interface Traversal {
  /** Pushes the next key and its value and gives true, or pops the key and gives false: as `lua_next`. */
  next(L: LuaState, table: number): boolean;
}

export function createTraversal(random: () => number): Traversal {
  const orders = new WeakMap<LuaTable, Order>();
  return {
    next(L, at) {
      const table = lua.lua_topointer(L, at) as LuaTable;
      let from = 0;
      const known = orders.get(table);
      let order: Order;
      if (lua.lua_isnil(L, -1)) {
        order = known !== undefined && isKnown(known, table) ? known : shuffled(table, random);
        orders.set(table, order);
      } else {
        const place = known?.place.get(hashOf(L, -1));
        if (known === undefined || place === undefined) return lauxlib.luaL_error(L, "invalid key to 'next'");
        order = known;
        from = place + 1;
      }
      lua.lua_pop(L, 1);
      for (let i = from; i < order.hashes.length; i++) {
        const entry = table.strong.get(order.hashes[i]);
        if (entry === undefined) continue;
        push(L, order.keys[i]!);
        push(L, entry.value);
        return true;
      }
      return false;
    },
  };
}

function push(L: LuaState, value: LuaValue): void {
  lua.lua_pushnil(L);
  const slot = (L as unknown as { stack: LuaValue[]; top: number }).stack[(L as { top: number }).top - 1]!;
  slot.setfrom(value);
}

/** Lua's global `next`. */
export function nextFunction(traversal: Traversal): CFunction {
  return (L) => {
    lauxlib.luaL_checktype(L, 1, luaType.table);
    lua.lua_settop(L, 2);
    if (traversal.next(L, 1)) return 2;
    lua.lua_pushnil(L);
    return 1;
  };
}
