/** Drops what nobody uses. */
import * as lua from "typescript-to-lua";
import { resolveProgram, type Program } from "./program";
import type { Names } from "./scope";
import { changeStatements, isPure } from "./syntax";

function isUnused(statement: lua.Statement, names: Names): boolean {
  if (!lua.isVariableDeclarationStatement(statement) && !lua.isAssignmentStatement(statement)) return false;
  const isDead = (target: lua.Expression): boolean => {
    const variable = lua.isIdentifier(target) ? names.variableOf(target) : undefined;
    if (variable === undefined || variable.reads.length > 0) return false;
    return lua.isAssignmentStatement(statement) || variable.writes.length === 0;
  };
  return statement.left.every(isDead) && (statement.right ?? []).every(isPure);
}

/** Goes on until all that is left is used, or does something when it is evaluated. */
export function dropUnused(program: Program): void {
  for (let dropped = 1; dropped > 0;) {
    dropped = 0;
    const { names } = resolveProgram(program);
    changeStatements(program.root, (statements) =>
      statements.filter((statement) => {
        if (lua.isVariableDeclarationStatement(statement) && statement.right === undefined) {
          statement.left = statement.left.filter((name) => {
            const variable = names.variableOf(name);
            return variable === undefined || variable.reads.length + variable.writes.length > 0;
          });
        }
        const unused = isUnused(statement, names);
        if (unused) dropped++;
        return !unused;
      }),
    );
  }
}
