/** What an action's declaration says to people stays in the sources: a device does not read it. */
import * as lua from "typescript-to-lua";
import { bare, calledName, changeExpressions } from "./syntax";

const forPeople = new Set(["summary", "about", "unit"]);

function withoutTexts(declaration: lua.Expression): void {
  if (!lua.isTableExpression(declaration)) return;
  declaration.fields = declaration.fields.filter(({ key }) => key === undefined || !lua.isStringLiteral(key) || !forPeople.has(key.value));
  for (const { value } of declaration.fields) withoutTexts(bare(value));
}

/** Takes `summary`, `about` and `unit` out of what is given to defineAction, on every level of it. */
export function keepOnlyBehaviour(root: lua.Node): void {
  changeExpressions(root, (expression) => {
    const [declaration] = calledName(expression) === "defineAction" && lua.isCallExpression(expression) ? expression.params : [];
    if (declaration === undefined) return expression;
    withoutTexts(bare(declaration));
    return declaration; // defineAction gives back what it is given: it is there for the types.
  });
}
