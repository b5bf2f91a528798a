/** Drops what nobody uses. */
import * as lua from "typescript-to-lua";
import { resolveProgram, type Program } from "./program";
import type { Names } from "./scope";
import { changeStatements, isPure, walk } from "./syntax";

function isUnused(statement: lua.Statement, names: Names): boolean {
  if (!lua.isVariableDeclarationStatement(statement) && !lua.isAssignmentStatement(statement)) return false;
  const isDead = (target: lua.Expression): boolean => {
    const variable = lua.isIdentifier(target) ? names.variableOf(target) : undefined;
    if (variable === undefined || variable.reads.length > 0) return false;
    return lua.isAssignmentStatement(statement) || variable.writes.length === 0;
  };
  return statement.left.every(isDead) && (statement.right ?? []).every(isPure);
}

/** What a statement that is gone used is used less. */
function forget(statement: lua.Statement, names: Names): void {
  walk(statement, (node) => {
    const variable = lua.isIdentifier(node) ? names.variableOf(node) : undefined;
    for (const uses of variable === undefined ? [] : [variable.reads, variable.writes]) {
      const at = uses.findIndex((use) => use === node);
      if (at >= 0) uses.splice(at, 1);
    }
  });
}

/** Goes on until all that is left is used, or does something when it is evaluated. */
export function dropUnused(program: Program): void {
  const { names } = resolveProgram(program);
  for (let dropped = 1; dropped > 0;) {
    dropped = 0;
    changeStatements(program.root, (statements) =>
      statements.filter((statement) => {
        if (lua.isVariableDeclarationStatement(statement) && statement.right === undefined) {
          statement.left = statement.left.filter((name) => {
            const variable = names.variableOf(name);
            return variable === undefined || variable.reads.length + variable.writes.length > 0;
          });
        }
        const unused = isUnused(statement, names);
        if (unused) {
          dropped++;
          forget(statement, names);
        }
        return !unused;
      }),
    );
  }
}
