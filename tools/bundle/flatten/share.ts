/** Makes a private name of a module known to all, as if it were exported. */
import * as lua from "typescript-to-lua";
import type { Program } from "./program";
import { placedAs } from "./syntax";

/** The name must be declared in the outermost block of its module. */
export function share(program: Program, name: string): void {
  for (const { block } of program.parts) {
    block.statements = block.statements.flatMap((statement): lua.Statement[] => {
      if (!lua.isVariableDeclarationStatement(statement)) return [statement];
      const at = statement.left.findIndex(({ text }) => text === name);
      const target = statement.left[at];
      if (target === undefined) return [statement];
      if (statement.right === undefined) {
        statement.left = statement.left.filter((other) => other !== target);
        return statement.left.length === 0 ? [] : [statement];
      }
      const [value] = statement.right;
      if (value !== undefined && lua.isFunctionExpression(value)) lua.setNodeFlags(value, lua.NodeFlags.Declaration);
      const others = statement.left.filter((other) => other !== target);
      const assignment = placedAs(lua.createAssignmentStatement(statement.left, statement.right), statement);
      return others.length === 0 ? [assignment] : [lua.createVariableDeclarationStatement(others), assignment];
    });
  }
  program.exported.add(name);
}
