/** Parts of TypeScriptToLua's library that the agent's bundle may carry, with their cost in stripped bytecode. Another one is a decision. */
export const allowedHelpers: readonly string[] = [
  "__TS__StringCharAt", // 0.1 kB
  "__TS__StringCharCodeAt", // 0.1 kB
  "__TS__ArrayIsArray", // 0.2 kB
  "__TS__CountVarargs", // belongs to the generator
  "__TS__Generator", // 2.1 kB: waiting that reads like code, see src/portable/task.ts
  "__TS__GeneratorIterator",
  "__TS__GeneratorNext",
  "__TS__GeneratorReturn",
  "__TS__GeneratorThrow",
  "__TS__Unpack",
];

/** Every helper that a Lua text mentions, sorted. */
export function helpersIn(lua: string): string[] {
  return [...new Set(lua.match(/\b__TS__\w+/g) ?? [])].sort();
}
