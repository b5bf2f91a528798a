/** Gives each of a small function's few calls a function of its own, which can then go to where it is called. */
import * as lua from "typescript-to-lua";
import { callToTakeApart } from "./apart";
import { candidateAt } from "./candidate";
import { aside } from "./once";
import { resolveProgram, type Program, type Resolved } from "./program";
import type { Variable } from "./scope";
import { changeStatements, copyTree, walk } from "./syntax";

/** Nodes that a function may have, times the calls beyond the first: about as much as a function costs besides its instructions. */
const mostNodes = 36;

/** Small functions that are only ever called, and a few times. */
function smallFunctions({ root }: Program, resolved: Resolved): Set<Variable> {
  const called = new Set<lua.Node>();
  walk(root, (node) => void (lua.isCallExpression(node) && called.add(node.expression)));
  const isSmall = (variable: Variable): boolean => {
    const { reads } = variable;
    if (reads.length < 2 || !reads.every((read) => called.has(read))) return false;
    const body = resolved.functionOf(variable);
    let nodes = 0;
    if (body !== undefined) walk(body, () => void nodes++);
    return body !== undefined && nodes * (reads.length - 1) <= mostNodes;
  };
  return new Set([...resolved.names.variables].filter(isSmall));
}

/** Their calls that could have the function in their place, if nobody else called it. */
function placeableCalls({ root }: Program, resolved: Resolved, functions: ReadonlySet<Variable>): Set<lua.Node> {
  const found = new Set<lua.Node>();
  const candidate = (statement: lua.Statement): lua.CallExpression | undefined =>
    candidateAt(statement, resolved, (variable) => functions.has(variable))?.call;
  const isWanted = (call: lua.CallExpression): boolean => candidate(aside(call)) !== undefined;
  changeStatements(root, (statements) => {
    for (const statement of statements) {
      const call = candidate(statement) ?? callToTakeApart(statement, resolved, isWanted);
      if (call !== undefined) found.add(call.expression);
    }
    return statements;
  });
  return found;
}

/** True when there was such a function. */
export function copyForFewCalls(program: Program): boolean {
  const resolved = resolveProgram(program);
  const functions = smallFunctions(program, resolved);
  const placeable = placeableCalls(program, resolved, functions);
  const taken = new Set(program.exported);
  walk(program.root, (node) => void (lua.isIdentifier(node) && taken.add(node.text)));
  const copies = new Map<Variable, readonly string[]>();
  for (const variable of functions) {
    const { name, reads } = variable;
    if (!reads.every((read) => placeable.has(read))) continue;
    const more = reads.slice(1).map((read, index) => {
      let copy = `${name}_${index + 2}`;
      while (taken.has(copy)) copy += "_";
      taken.add(copy);
      read.text = copy;
      return copy;
    });
    copies.set(variable, more);
    if (variable.depth === 1 && program.exported.has(name)) for (const copy of more) program.exported.add(copy);
  }
  const copiesOf = (target: lua.Node | undefined): readonly string[] => {
    const variable = target !== undefined && lua.isIdentifier(target) ? resolved.names.variableOf(target) : undefined;
    return (variable === undefined ? undefined : copies.get(variable)) ?? [];
  };
  changeStatements(program.root, (statements) =>
    statements.flatMap((statement): lua.Statement[] => {
      if (lua.isVariableDeclarationStatement(statement) && statement.right === undefined) {
        statement.left = statement.left.flatMap((name) => [name, ...copiesOf(name).map((copy) => lua.createIdentifier(copy))]);
      } else if (lua.isVariableDeclarationStatement(statement) || lua.isAssignmentStatement(statement)) {
        return [
          statement,
          ...copiesOf(statement.left[0]).map((name) => {
            const copy = copyTree(statement);
            copy.left = [lua.createIdentifier(name)];
            return copy;
          }),
        ];
      }
      return [statement];
    }),
  );
  return copies.size > 0;
}
