/** Chooses a case by one comparison. TypeScriptToLua also asks each time whether the case before fell through, which ours never do. */
import * as lua from "typescript-to-lua";
import { alwaysReturns, mentions } from "./exits";
import { changeStatements } from "./syntax";

interface Case {
  readonly matches: lua.Expression;
  readonly body: lua.IfStatement;
}

function jumps({ statements }: lua.Block): boolean {
  const last = statements.at(-1);
  return last !== undefined && (lua.isBreakStatement(last) || lua.isGotoStatement(last) || alwaysReturns(statements));
}

const isNamed = (node: lua.Node | undefined, name: string): boolean => node !== undefined && lua.isIdentifier(node) && node.text === name;

/** `local ____cond = …; if ____cond then … end`, and then `____cond = ____cond or …; if ____cond then … end`. */
function caseAt(statement: lua.Statement | undefined, body: lua.Statement | undefined, name: string): Case | undefined {
  if (statement === undefined || body === undefined || !lua.isIfStatement(body) || !isNamed(body.condition, name)) return undefined;
  if (body.elseBlock !== undefined || !jumps(body.ifBlock)) return undefined;
  const isFirst = lua.isVariableDeclarationStatement(statement);
  if (!isFirst && !lua.isAssignmentStatement(statement)) return undefined;
  const [target, value] = [statement.left[0], statement.right?.[0]];
  if (!isNamed(target, name) || value === undefined) return undefined;
  if (isFirst) return { matches: value, body };
  const isOr = lua.isBinaryExpression(value) && value.operator === lua.SyntaxKind.OrOperator && isNamed(value.left, name);
  return isOr ? { matches: value.right, body } : undefined;
}

function simpler(statements: readonly lua.Statement[], at: number, name: string): lua.Statement[] | undefined {
  const cases: Case[] = [];
  for (let next = at; ; next += 2) {
    const found = caseAt(statements[next], statements[next + 1], name);
    if (found === undefined) break;
    cases.push(found);
  }
  const rest = statements.slice(at + 2 * cases.length);
  const [first] = cases;
  if (first === undefined || cases.some(({ body }) => mentions([body], name) > 1) || mentions(rest, name) > 0) return undefined;
  for (const { matches, body } of cases) body.condition = matches;
  return [...statements.slice(0, at), ...cases.map(({ body }) => body), ...rest];
}

/** Leaves a switch alone in which a case does not end by leaving it. */
export function compareOnce(root: lua.Node): void {
  changeStatements(root, (statements) => {
    const at = statements.findIndex((one) => lua.isVariableDeclarationStatement(one) && one.left[0]?.text.startsWith("____cond") === true);
    const [declaration] = statements.slice(at, at + 1);
    if (at < 0 || declaration === undefined || !lua.isVariableDeclarationStatement(declaration)) return statements;
    return simpler(statements, at, declaration.left[0]?.text ?? "") ?? statements;
  });
}
