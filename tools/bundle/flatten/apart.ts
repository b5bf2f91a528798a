/** Takes a call out of the statement that it is part of, where it comes first in it: what is called can then stand before the statement. */
import * as lua from "typescript-to-lua";
import type { Resolved } from "./program";
import { placedAs } from "./syntax";

/** Begins the names of what was taken out; nothing else happens to these variables. */
export const firstName = "____first_";

/** True when it makes no difference whether this is evaluated before or after something else. */
function isStill(value: lua.Expression, resolved: Resolved): boolean {
  if (lua.isLiteral(value) || lua.isFunctionExpression(value)) return true;
  if (!lua.isIdentifier(value)) return false;
  if (value.text.startsWith(firstName)) return true;
  const variable = resolved.names.variableOf(value);
  return (
    variable === undefined || variable.writes.length === 0 || (resolved.functionOf(variable) ?? resolved.valueOf(variable)) !== undefined
  );
}

/** The parts of an expression that are always evaluated, in order; undefined for one whose parts are not looked into. */
function partsOf(value: lua.Expression): lua.Expression[] | undefined {
  if (lua.isParenthesizedExpression(value)) return [value.expression];
  if (lua.isUnaryExpression(value)) return [value.operand];
  if (lua.isTableIndexExpression(value)) return [value.table, value.index];
  if (lua.isCallExpression(value)) return [value.expression, ...value.params];
  if (lua.isTableExpression(value)) return value.fields.flatMap((field) => [...(field.key === undefined ? [] : [field.key]), field.value]);
  if (!lua.isBinaryExpression(value)) return undefined;
  const isChoice = value.operator === lua.SyntaxKind.AndOperator || value.operator === lua.SyntaxKind.OrOperator;
  return isChoice ? [value.left] : [value.left, value.right];
}

type Search = lua.CallExpression | "nothing before" | "too late";

function search(value: lua.Expression, resolved: Resolved, isWanted: (call: lua.CallExpression) => boolean): Search {
  if (isStill(value, resolved)) return "nothing before";
  if (lua.isCallExpression(value) && isWanted(value)) return value;
  for (const part of partsOf(value) ?? []) {
    const found = search(part, resolved, isWanted);
    if (found !== "nothing before") return found;
  }
  return lua.isTableExpression(value) ? "nothing before" : "too late";
}

/** What a statement evaluates before all else; nothing for a loop, which does so each time. */
function expressionsOf(statement: lua.Statement, resolved: Resolved): readonly lua.Expression[] {
  if (lua.isExpressionStatement(statement)) return [statement.expression];
  if (lua.isReturnStatement(statement)) return statement.expressions;
  if (lua.isIfStatement(statement)) return [statement.condition];
  if (lua.isForInStatement(statement)) return statement.expressions;
  if (lua.isVariableDeclarationStatement(statement)) return statement.right ?? [];
  if (!lua.isAssignmentStatement(statement)) return [];
  const areStill = statement.left.every(
    (target) => lua.isIdentifier(target) || (isStill(target.table, resolved) && isStill(target.index, resolved)),
  );
  return areStill ? statement.right : [];
}

/** A call inside the statement, not the whole of its only value, that could as well be made before it. */
export function callToTakeApart(
  statement: lua.Statement,
  resolved: Resolved,
  isWanted: (call: lua.CallExpression) => boolean,
): lua.CallExpression | undefined {
  for (const value of expressionsOf(statement, resolved)) {
    const found = search(value, resolved, isWanted);
    if (found !== "nothing before") return found === "too late" ? undefined : found;
  }
  return undefined;
}

/** Makes `else if` a statement of its own, before which others can stand, where that is of use. True when it did so. */
export function separateChoice(choice: lua.Statement, resolved: Resolved, isWanted: (call: lua.CallExpression) => boolean): boolean {
  if (!lua.isIfStatement(choice) || choice.elseBlock === undefined || !lua.isIfStatement(choice.elseBlock)) return false;
  const { elseBlock } = choice;
  if (callToTakeApart(elseBlock, resolved, isWanted) === undefined) return separateChoice(elseBlock, resolved, isWanted);
  choice.elseBlock = placedAs(lua.createBlock([elseBlock]), elseBlock);
  return true;
}
