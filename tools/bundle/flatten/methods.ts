/** Calls the functions of module string as methods of a text: the module's name, its lookup and a move are saved each time. */
import * as lua from "typescript-to-lua";
import { changeExpressions, memberName, placedAs } from "./syntax";

function functionOfString(expression: lua.Expression): string | undefined {
  if (!lua.isTableIndexExpression(expression) || !lua.isIdentifier(expression.table) || expression.table.text !== "string")
    return undefined;
  return memberName(expression);
}

/** What Lua's grammar takes before a colon as it is. */
const isPrefix = (value: lua.Expression): boolean =>
  lua.isIdentifier(value) || lua.isTableIndexExpression(value) || lua.isCallExpression(value) || lua.isMethodCallExpression(value);

/** Sound because a value whose type is text in TypeScript is text in Lua: a number would have no methods. */
export function callTextsByMethod(root: lua.Node): void {
  changeExpressions(root, (expression) => {
    if (!lua.isCallExpression(expression)) return expression;
    const name = functionOfString(expression.expression);
    const [text, ...rest] = expression.params;
    if (name === undefined || text === undefined || name === "char") return expression;
    const prefix = isPrefix(text) ? text : lua.createParenthesizedExpression(text);
    return placedAs(lua.createMethodCallExpression(prefix, lua.createIdentifier(name), rest), expression);
  });
}
