/** Does without the variables that TypeScriptToLua puts between a choice and its use. */
import * as lua from "typescript-to-lua";
import { changeExpressions, changeStatements, placedAs, walk } from "./syntax";

const isTemporary = (name: string): boolean => /^____\w+_\d+$/.test(name);

function mentions(node: lua.Node | undefined, name: string): number {
  let count = 0;
  if (node !== undefined) walk(node, (inner) => void (lua.isIdentifier(inner) && inner.text === name && count++));
  return count;
}

/** The temporary variable that a statement declares, without a value. */
function declaredBy(statement: lua.Statement | undefined): string | undefined {
  if (statement === undefined || !lua.isVariableDeclarationStatement(statement) || statement.right !== undefined) return undefined;
  const [name, ...more] = statement.left;
  return name !== undefined && more.length === 0 && isTemporary(name.text) ? name.text : undefined;
}

/** The blocks that one choice ends in, one of them each time; undefined for a way past all of them. */
function endsOf(node: lua.Block | lua.IfStatement | undefined): (lua.Block | undefined)[] {
  if (node !== undefined && lua.isIfStatement(node)) return [...endsOf(node.ifBlock), ...endsOf(node.elseBlock)];
  const last = node?.statements.at(-1);
  return last !== undefined && lua.isIfStatement(last) ? endsOf(last) : [node];
}

/** The statements `name = …` that end all branches of a choice; undefined unless these are all that the choice does with the name. */
function settings(choice: lua.IfStatement, name: string): { block: lua.Block; value: lua.Expression }[] | undefined {
  const found = endsOf(choice).map((block) => {
    const last = block?.statements.at(-1);
    const [target, value] = last !== undefined && lua.isAssignmentStatement(last) ? [last.left[0], last.right[0]] : [];
    if (block === undefined || target === undefined || value === undefined || !lua.isIdentifier(target)) return undefined;
    return target.text === name ? { block, value } : undefined;
  });
  if (mentions(choice, name) !== found.length) return undefined;
  return found.every((setting) => setting !== undefined) ? found : undefined;
}

/** Ends each branch with what `use` makes of its value. */
function use(found: { block: lua.Block; value: lua.Expression }[], make: (value: lua.Expression) => lua.Statement): void {
  for (const { block, value } of found) {
    const last = block.statements.at(-1);
    const made = make(value);
    block.statements = [...block.statements.slice(0, -1), last === undefined ? made : placedAs(made, last)];
  }
}

/** `local t; if … then t = a else t = b end; return t`, also with `local x = t` or `x = t` at the end. The result replaces all three. */
function withoutChosen(name: string, choice: lua.IfStatement, user: lua.Statement): lua.Statement[] | undefined {
  const found = settings(choice, name);
  if (found === undefined || mentions(user, name) !== 1) return undefined;
  const isIt = (value: lua.Expression | undefined): boolean => value !== undefined && lua.isIdentifier(value) && value.text === name;
  if (lua.isReturnStatement(user)) {
    const before = user.expressions.slice(0, -1);
    if (!isIt(user.expressions.at(-1)) || !before.every((value) => lua.isLiteral(value))) return undefined;
    use(found, (value) => lua.createReturnStatement([...before, value]));
    return [choice];
  }
  if (!lua.isVariableDeclarationStatement(user) && !lua.isAssignmentStatement(user)) return undefined;
  const [target] = user.left;
  if (user.left.length !== 1 || target === undefined || !lua.isIdentifier(target) || !isIt(user.right?.[0])) return undefined;
  if (lua.isVariableDeclarationStatement(user) && mentions(choice, target.text) > 0) return undefined;
  use(found, (value) => lua.createAssignmentStatement(lua.createIdentifier(target.text), value));
  return lua.isVariableDeclarationStatement(user) ? [lua.createVariableDeclarationStatement(target), choice] : [choice];
}

/** `local t = expression` right before the one statement that begins with it: `local x = t.member`, `x = t`, `return t`. */
function withoutGiven(declaration: lua.Statement, user: lua.Statement, later: readonly lua.Statement[]): lua.Statement[] | undefined {
  if (!lua.isVariableDeclarationStatement(declaration) || declaration.left.length !== 1 || declaration.right?.length !== 1)
    return undefined;
  const [{ text: name } = { text: "" }] = declaration.left;
  const [value] = declaration.right;
  if (value === undefined || !isTemporary(name) || mentions(user, name) !== 1) return undefined;
  if (later.some((statement) => mentions(statement, name) > 0)) return undefined;
  const isAssignment = lua.isVariableDeclarationStatement(user) || lua.isAssignmentStatement(user);
  const [whole] = isAssignment ? (user.right ?? []) : lua.isReturnStatement(user) ? user.expressions : [];
  if (isAssignment && !user.left.every((target) => lua.isIdentifier(target))) return undefined;
  let first = whole;
  while (first !== undefined && lua.isTableIndexExpression(first) && lua.isLiteral(first.index)) first = first.table;
  if (first === undefined || !lua.isIdentifier(first) || first.text !== name) return undefined;
  changeExpressions(user, (expression) => (expression === first ? value : expression));
  return [user];
}

/** Works on every list of statements, the innermost first. */
export function useNoTemporaries(root: lua.Node): void {
  changeStatements(root, (statements) => {
    let result = statements;
    for (let at = result.length - 2; at >= 0; at--) {
      const [first, second, third] = result.slice(at);
      if (first === undefined || second === undefined) continue;
      const name = declaredBy(first);
      const chosen =
        name !== undefined && third !== undefined && lua.isIfStatement(second) ? withoutChosen(name, second, third) : undefined;
      const later = result.slice(at + 2);
      if (chosen !== undefined) result = [...result.slice(0, at), ...chosen, ...result.slice(at + 3)];
      else {
        const given = withoutGiven(first, second, later);
        if (given !== undefined) result = [...result.slice(0, at), ...given, ...later];
      }
    }
    return result;
  });
}
