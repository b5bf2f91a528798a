/** Gives the properties of our own objects names of a letter or two: each function that uses a name holds a copy of it. */
import * as lua from "typescript-to-lua";
import { resolveProgram, type Program } from "./program";
import { walk } from "./syntax";

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** `a` to `Z`, then `aa`, `ba` and so on. */
function shortName(number: number): string {
  const letter = letters.charAt(number % letters.length);
  return number < letters.length ? letter : letter + shortName(Math.floor(number / letters.length) - 1);
}

/** The keys of a program, as they are written where tables are made and indexed; not those of the firmware's and Lua's own tables. */
function keysIn(program: Program): lua.StringLiteral[] {
  const { names } = resolveProgram(program);
  const keys: lua.StringLiteral[] = [];
  walk(program.root, (node) => {
    const isModule = lua.isTableIndexExpression(node) && lua.isIdentifier(node.table) && names.variableOf(node.table) === undefined;
    const key = lua.isTableIndexExpression(node) ? node.index : lua.isTableFieldExpression(node) ? node.key : undefined;
    if (key !== undefined && lua.isStringLiteral(key) && !isModule) keys.push(key);
  });
  return keys;
}

/** `own`: names that nobody outside the program sees. The names that are used most become the shortest. */
export function shortenNames(program: Program, own: ReadonlySet<string>): void {
  const keys = keysIn(program);
  const fixed = new Set<string>();
  walk(program.root, (node) => {
    // An object of the firmware's or a text is asked for these; which names they have was not looked at.
    if (lua.isMethodCallExpression(node)) fixed.add(node.name.text);
  });
  const last = program.parts.at(-1)?.block.statements.at(-1);
  if (last !== undefined && lua.isReturnStatement(last)) {
    // What the program exports.
    walk(last, (node) => void (lua.isStringLiteral(node) && fixed.add(node.value)));
  }
  const counts = new Map<string, number>();
  for (const { value } of keys) {
    if (!own.has(value) || fixed.has(value)) fixed.add(value);
    else counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const short = new Map<string, string>();
  let number = 0;
  for (const [name] of [...counts].sort(([, a], [, b]) => b - a)) {
    let next = shortName(number++);
    while (fixed.has(next)) next = shortName(number++);
    short.set(name, next);
  }
  for (const key of keys) key.value = short.get(key.value) ?? key.value;
}
