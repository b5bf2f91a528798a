/** Declares variables where they get their first value, instead of ahead of it. */
import * as lua from "typescript-to-lua";
import { changeStatements, placedAs, walk } from "./syntax";

function namesIn(statement: lua.Statement, but?: lua.Identifier): Set<string> {
  const names = new Set<string>();
  walk(statement, (node) => {
    if (lua.isIdentifier(node) && node !== but) names.add(node.text);
  });
  return names;
}

function targetOf(statement: lua.Statement): lua.Identifier | undefined {
  const [target] =
    lua.isAssignmentStatement(statement) && statement.left.length === 1 && statement.right.length === 1 ? statement.left : [];
  return target !== undefined && lua.isIdentifier(target) ? target : undefined;
}

/** `local a, b` */
export function declare(names: readonly string[]): lua.Statement[] {
  return names.length === 0 ? [] : [lua.createVariableDeclarationStatement(names.map((name) => lua.createIdentifier(name)))];
}

/** Makes `name = …` the declaration of the name, where nothing before it in the statements can mean it. `undone`: names for which that failed. */
export function declareInPlace(
  statements: readonly lua.Statement[],
  names: ReadonlySet<string>,
): { readonly statements: lua.Statement[]; readonly undone: string[] } {
  const left = new Set(names);
  const mentioned = new Set<string>();
  const changed = statements.map((statement) => {
    const target = targetOf(statement);
    const name = target?.text ?? "";
    const inside = namesIn(statement, target);
    const isFirst = left.has(name) && !mentioned.has(name);
    for (const other of inside) mentioned.add(other);
    mentioned.add(name);
    if (target === undefined || !lua.isAssignmentStatement(statement) || !isFirst) return statement;
    if (inside.has(name) && !lua.isFunctionDefinition(statement)) return statement;
    left.delete(name);
    return placedAs(lua.createVariableDeclarationStatement(target, statement.right), statement);
  });
  return { statements: changed, undone: [...left] };
}

// Nothing may jump over a declaration to a label behind it in the same block.
const hasLabel = (statements: readonly lua.Statement[]): boolean => statements.some((statement) => lua.isLabelStatement(statement));

/** Does so with every `local a, b` that gives no values. */
export function declareLate(root: lua.Node): void {
  changeStatements(root, (statements) => {
    if (hasLabel(statements)) return statements;
    let result = statements;
    for (const statement of statements) {
      if (!lua.isVariableDeclarationStatement(statement) || statement.right !== undefined) continue;
      const at = result.indexOf(statement);
      const rest = declareInPlace(result.slice(at + 1), new Set(statement.left.map(({ text }) => text)));
      result = [...result.slice(0, at), ...declare(rest.undone), ...rest.statements];
    }
    return result;
  });
}
