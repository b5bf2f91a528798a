/** Reads documentation out of sources: what the comment above each member of a declared thing says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "../bundle/targets";

/** The members of a constant object or an interface with their comments, in the order of the source. */
export function commentsOf(file: string, declared: string): Map<string, string> {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.ES2022, true);
  const found = new Map<string, string>();
  for (const statement of source.statements) {
    for (const member of membersOf(statement, declared)) {
      if (member.name === undefined) continue;
      const texts = ts
        .getJSDocCommentsAndTags(member)
        .map(({ comment }) => (typeof comment === "string" ? comment : (comment?.map(({ text }) => text).join("") ?? "")));
      found.set(member.name.getText(source), texts.join(" ").replace(/\s+/g, " "));
    }
  }
  if (found.size === 0) throw new Error(`${file} declares no ${declared} with members`);
  return found;
}

function membersOf(statement: ts.Statement, declared: string): readonly (ts.ObjectLiteralElementLike | ts.TypeElement)[] {
  if (ts.isInterfaceDeclaration(statement)) return statement.name.text === declared ? [...statement.members] : [];
  if (!ts.isVariableStatement(statement)) return [];
  const initializer = statement.declarationList.declarations.find(({ name }) => name.getText() === declared)?.initializer;
  const literal = initializer !== undefined && ts.isAsExpression(initializer) ? initializer.expression : initializer;
  return literal !== undefined && ts.isObjectLiteralExpression(literal) ? [...literal.properties] : [];
}
