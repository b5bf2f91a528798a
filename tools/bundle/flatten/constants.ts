/** Numbers, switches and short texts that never change are written where they are used, and need no variable there. */
import * as lua from "typescript-to-lua";
import { resolveProgram, type Program } from "./program";
import { bare, basesIn, changeExpressions, copyTree } from "./syntax";

/** A longer text costs more in each function that holds it than a variable does. */
const longestText = 12;

function isSmall(value: lua.Expression, reads: number): boolean {
  if (lua.isNumericLiteral(value) || lua.isBooleanLiteral(value)) return true;
  if (lua.isUnaryExpression(value)) return value.operator === lua.SyntaxKind.NegationOperator && isSmall(bare(value.operand), reads);
  return lua.isStringLiteral(value) && (reads === 1 || value.value.length <= longestText);
}

/** Leaves the variables themselves: nobody reads them any more. */
export function insertConstants(program: Program): void {
  const { names, valueOf } = resolveProgram(program);
  const bases = basesIn(program.root);
  const values = new Map<lua.Node, lua.Expression>();
  for (const variable of names.variables) {
    const value = valueOf(variable);
    if (value === undefined || !isSmall(bare(value), variable.reads.length) || variable.reads.some((read) => bases.has(read))) continue;
    for (const read of variable.reads) values.set(read, value);
  }
  changeExpressions(program.root, (expression) => {
    const value = values.get(expression);
    return value === undefined ? expression : copyTree(value);
  });
}
