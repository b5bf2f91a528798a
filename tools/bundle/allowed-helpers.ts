/** Parts of TypeScriptToLua's library that the agent's bundle may carry, with what each adds in stripped bytecode. Another one is a decision. */
export const allowedHelpers: readonly string[] = [
  // Generators: waiting that reads like code, see src/portable/task.ts. 1.8 kB together.
  "__TS__Generator", // 654 bytes
  "__TS__DelegatedYield", // 490: yield*
  "__TS__Symbol", // 502
  "__TS__CountVarargs", // 77
  "__TS__Unpack", // 35
  // Text.
  "__TS__StringCharAt", // 127
  "__TS__StringCharCodeAt", // 134
  "__TS__StringAccess", // 117
  "__TS__StringSlice", // 166
  "__TS__StringSplit", // 333
  // Lists.
  "__TS__ArrayIndexOf", // 180
  "__TS__ArrayIsArray", // 135
  "__TS__ArraySlice", // 210
];

/** Every helper that a Lua text mentions, sorted. */
export function helpersIn(lua: string): string[] {
  return [...new Set(lua.match(/\b__TS__\w+/g) ?? [])].sort();
}
