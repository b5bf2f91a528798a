/** Tables in flash (ROTables): a new key raises an error, a store into an existing one is a write to flash, an exception of the CPU (ltable.c, lvm.c). */
import type { LuaState, LuaTable, LuaValue } from "./lua";
import { bytes, internals, lua } from "./lua";
import { Fault } from "./fault";

type Entries = LuaTable["strong"];

function storeToFlash(): never {
  throw new Fault("crash", "Guru Meditation Error: Core 0 panic'ed (StoreProhibited). A read-only table was written to.");
}

class FlashValue extends internals.object.TValue {
  override setfrom(): void {
    storeToFlash();
  }
  override setdeadvalue(): void {
    storeToFlash();
  }
}

class FlashEntries extends Map<unknown, { readonly key: LuaValue; readonly value: LuaValue }> {
  sealed = false;
  constructor(
    private readonly running: () => LuaState,
    entries: Entries,
  ) {
    super();
    for (const [hash, { key, value }] of entries) {
      super.set(hash, { key: new FlashValue(key.type, key.value), value: new FlashValue(value.type, value.value) });
    }
    this.sealed = true;
  }
  override set(): this {
    return internals.debug.luaG_runerror(this.running(), bytes("table is Readonly"));
  }
  /** Only `#` asks for it. */
  override get size(): number {
    if (!this.sealed) return 0;
    return internals.debug.luaG_runerror(this.running(), bytes("attempt to get length of a table value"));
  }
}

/** Puts the table at `index` into flash: from now on it can be read only. `running` tells which Lua thread is at work. */
export function makeReadOnly(L: LuaState, index: number, running: () => LuaState): void {
  const table = lua.lua_topointer(L, index) as LuaTable;
  const metatable = table.metatable;
  table.strong = new FlashEntries(running, table.strong);
  Object.defineProperty(table, "metatable", { get: () => metatable, set: storeToFlash });
}

/** True for a table in flash. */
export function isReadOnly(table: LuaTable): boolean {
  return table.strong instanceof FlashEntries;
}
