/** Leaves out what a function does at its end for nothing: returning nothing, and jumping over the other branch of a choice. */
import * as lua from "typescript-to-lua";
import { alwaysReturns } from "./exits";
import { changeStatements, walk } from "./syntax";

const isNil = (value: lua.Expression | undefined): boolean => value === undefined || lua.isNilLiteral(value);

function trim(statements: lua.Statement[]): lua.Statement[] {
  const last = statements.at(-1);
  if (last === undefined) return statements;
  if (lua.isReturnStatement(last) && last.expressions.length <= 1 && isNil(last.expressions[0])) return trim(statements.slice(0, -1));
  if (lua.isDoStatement(last)) last.statements = trim(last.statements);
  if (lua.isIfStatement(last)) trimChoice(last);
  return statements;
}

function trimChoice(choice: lua.IfStatement): void {
  choice.ifBlock.statements = trim(choice.ifBlock.statements);
  const { elseBlock } = choice;
  if (elseBlock === undefined) return;
  if (lua.isIfStatement(elseBlock)) trimChoice(elseBlock);
  else {
    elseBlock.statements = trim(elseBlock.statements);
    if (elseBlock.statements.length === 0) delete choice.elseBlock;
  }
}

function leaves({ statements }: lua.Block): boolean {
  const last = statements.at(-1);
  return last !== undefined && (lua.isGotoStatement(last) || lua.isBreakStatement(last) || alwaysReturns(statements));
}

/** `if a then return b else …` needs no `else`: Lua would write a jump that nobody comes to. */
function withoutElse(statements: lua.Statement[]): lua.Statement[] {
  return statements.flatMap((statement, index): lua.Statement[] => {
    if (!lua.isIfStatement(statement) || statement.elseBlock === undefined || !leaves(statement.ifBlock)) return [statement];
    const { elseBlock } = statement;
    delete statement.elseBlock;
    if (lua.isIfStatement(elseBlock)) return [statement, ...withoutElse([elseBlock])];
    return [statement, ...(index === statements.length - 1 ? elseBlock.statements : [lua.createDoStatement(elseBlock.statements)])];
  });
}

/** A function that returns no value gives none to what it is an argument of, where nil was meant: parentheses make one of it. */
function giveOneArgument(call: lua.CallExpression | lua.MethodCallExpression): void {
  const last = call.params.at(-1);
  if (last !== undefined && lua.isCallExpression(last))
    call.params = [...call.params.slice(0, -1), lua.createParenthesizedExpression(last)];
}

/** Works on every function. */
export function endEarly(root: lua.Node): void {
  changeStatements(root, withoutElse);
  walk(root, (node) => {
    if (lua.isFunctionExpression(node)) node.body.statements = trim(node.body.statements);
    if (lua.isReturnStatement(node) && node.expressions.length === 1 && isNil(node.expressions[0])) node.expressions = [];
    if (lua.isCallExpression(node) || lua.isMethodCallExpression(node)) giveOneArgument(node);
  });
}
