/** Joins texts in one go: `(a .. b) .. c`, as TypeScriptToLua writes it, makes a text for each pair. */
import * as lua from "typescript-to-lua";
import { bare, changeExpressions, placedAs } from "./syntax";

function isConcatenation(expression: lua.Expression): expression is lua.BinaryExpression {
  return lua.isBinaryExpression(expression) && expression.operator === lua.SyntaxKind.ConcatOperator;
}

function pieces(expression: lua.Expression): lua.Expression[] {
  const inside = bare(expression);
  return isConcatenation(inside) ? [...pieces(inside.left), ...pieces(inside.right)] : [expression];
}

function join(first: lua.Expression, ...rest: readonly lua.Expression[]): lua.Expression {
  const [next, ...others] = rest;
  return next === undefined ? first : lua.createBinaryExpression(first, join(next, ...others), lua.SyntaxKind.ConcatOperator);
}

/** Only the order of joining changes, which texts do not notice. */
export function joinAtOnce(tree: lua.Node): void {
  changeExpressions(tree, (expression) => {
    if (!isConcatenation(expression)) return expression;
    const [first, ...rest] = pieces(expression);
    return first === undefined ? expression : placedAs(join(first, ...rest), expression);
  });
}
