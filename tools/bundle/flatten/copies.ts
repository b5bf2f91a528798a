/** A variable that is only another name for one that never changes gives way to it. */
import * as lua from "typescript-to-lua";
import { resolveProgram, type Program } from "./program";
import { changeExpressions } from "./syntax";

/** Leaves the variables themselves: nobody reads them any more. Goes one step along a chain of names. */
export function useOriginals(program: Program): void {
  const { names, functionOf, valueOf } = resolveProgram(program);
  const counts = new Map<string, number>();
  for (const { name } of names.variables) counts.set(name, (counts.get(name) ?? 0) + 1);
  const originals = new Map<lua.Node, string>();
  for (const variable of names.variables) {
    const { value, writes, reads } = variable;
    if (value === undefined || !lua.isIdentifier(value) || writes.length > 0) continue;
    const original = names.variableOf(value);
    // A name that is declared once cannot mean anything else anywhere.
    if (original === undefined || counts.get(original.name) !== 1) continue;
    const isConstant = original.writes.length === 0 || (functionOf(original) ?? valueOf(original)) !== undefined;
    if (isConstant) for (const read of reads) originals.set(read, original.name);
  }
  changeExpressions(program.root, (expression) => {
    const name = originals.get(expression);
    if (name !== undefined && lua.isIdentifier(expression)) expression.text = name;
    return expression;
  });
}
