/** Turns the returns of a function's body into something else, for a body that is to stand where the function was called. */
import * as lua from "typescript-to-lua";
import { childrenOf, placedAs, walk } from "./syntax";

/** True when the statements cannot run past their end. */
export function alwaysReturns(statements: readonly lua.Statement[]): boolean {
  const last = statements.at(-1);
  if (last === undefined) return false;
  if (lua.isReturnStatement(last)) return true;
  if (lua.isDoStatement(last)) return alwaysReturns(last.statements);
  if (!lua.isIfStatement(last) || last.elseBlock === undefined) return false;
  const { ifBlock, elseBlock } = last;
  return alwaysReturns(ifBlock.statements) && alwaysReturns(lua.isIfStatement(elseBlock) ? [elseBlock] : elseBlock.statements);
}

/** The returns of a function's own body, without those of functions inside it. */
export function returnsOf(statements: readonly lua.Statement[]): lua.ReturnStatement[] {
  const found: lua.ReturnStatement[] = [];
  const look = (node: lua.Node): void => {
    if (lua.isReturnStatement(node)) found.push(node);
    if (lua.isFunctionExpression(node)) return;
    childrenOf(node).forEach(look);
  };
  statements.forEach(look);
  return found;
}

/** `make` gives what stands for a return of some values. Where more would follow it, a jump to `label` comes after it. */
export function replaceReturns(
  statements: readonly lua.Statement[],
  label: string,
  make: (values: readonly lua.Expression[]) => lua.Statement[],
): { readonly statements: lua.Statement[]; readonly jumps: boolean } {
  let jumps = false;
  function inBlock(list: readonly lua.Statement[], isEnd: boolean): lua.Statement[] {
    return list.flatMap((statement, index) => replaced(statement, isEnd && index === list.length - 1));
  }
  function replaced(statement: lua.Statement, isEnd: boolean): lua.Statement[] {
    if (lua.isReturnStatement(statement)) {
      if (!isEnd) jumps = true;
      const made = make(statement.expressions).map((one) => placedAs(one, statement));
      return isEnd ? made : [...made, lua.createGotoStatement(label)];
    }
    if (lua.isIfStatement(statement)) inChoice(statement, isEnd);
    else if (lua.isDoStatement(statement)) statement.statements = inBlock(statement.statements, isEnd);
    else if ("body" in statement) {
      const { body } = statement as lua.IterationStatement;
      body.statements = inBlock(body.statements, false);
    }
    return [statement];
  }
  function inChoice(choice: lua.IfStatement, isEnd: boolean): void {
    choice.ifBlock.statements = inBlock(choice.ifBlock.statements, isEnd);
    if (choice.elseBlock === undefined) return;
    if (lua.isIfStatement(choice.elseBlock)) inChoice(choice.elseBlock, isEnd);
    else choice.elseBlock.statements = inBlock(choice.elseBlock.statements, isEnd);
  }
  return { statements: inBlock(statements, true), jumps };
}

/** How often the statements mention a name. */
export function mentions(statements: readonly lua.Statement[], name: string): number {
  let count = 0;
  for (const statement of statements) walk(statement, (node) => void (lua.isIdentifier(node) && node.text === name && count++));
  return count;
}
