/** Parts of TypeScriptToLua's library that the agent's bundle may carry, with what each adds in stripped bytecode. Another one is a decision. */
export const allowedHelpers: readonly string[] = [
  // Generators: waiting that reads like code, see src/portable/task.ts. `yield*` needs none, see flatten/generators.ts.
  "__TS__Generator", // 530 bytes
  // Text.
  "__TS__StringCharCodeAt", // 134
  "__TS__StringSlice", // 166
  "__TS__StringSplit", // 333
  // Lists.
  "__TS__ArrayIsArray", // 135
];

/** Every helper that a Lua text mentions, sorted. */
export function helpersIn(lua: string): string[] {
  return [...new Set(lua.match(/\b__TS__\w+/g) ?? [])].sort();
}
