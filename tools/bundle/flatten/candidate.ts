/** Which calls could have the called function in their place. */
import * as lua from "typescript-to-lua";
import { returnsOf } from "./exits";
import type { Resolved } from "./program";
import type { Variable } from "./scope";
import { isPure, nodesIn, walk } from "./syntax";

/** A function that is called once, and by a statement of its own. */
export interface Candidate {
  readonly variable: Variable;
  readonly body: lua.FunctionExpression;
  readonly call: lua.CallExpression;
  readonly statement: lua.Statement;
  /** The names that it takes from around it. */
  readonly free: ReadonlySet<string>;
  /** Those of them that only its own module knows. */
  readonly hidden: readonly string[];
}

function callOf(statement: lua.Statement): lua.CallExpression | undefined {
  let values: readonly lua.Expression[] = [];
  if (lua.isExpressionStatement(statement)) values = [statement.expression];
  else if (lua.isReturnStatement(statement)) values = statement.expressions;
  else if (lua.isVariableDeclarationStatement(statement) || lua.isAssignmentStatement(statement)) {
    if (statement.left.length === 1 && statement.left.every((target) => lua.isIdentifier(target))) values = statement.right ?? [];
  }
  const [value] = values;
  return values.length === 1 && value !== undefined && lua.isCallExpression(value) ? value : undefined;
}

/** What the function takes from around it; undefined when some of it would mean something else where it is called. */
function surroundings(body: lua.FunctionExpression, call: lua.CallExpression, { names }: Resolved): Set<string> | undefined {
  const free = new Set<string>();
  const inside = nodesIn(body);
  const methods = new Set<lua.Node>();
  let isSame = true;
  walk(body, (node) => {
    if (lua.isMethodCallExpression(node)) methods.add(node.name);
    if (!lua.isIdentifier(node) || methods.has(node)) return;
    const meaning = names.variableOf(node);
    if (meaning !== undefined && inside.has(meaning.identifier)) return;
    free.add(node.text);
    isSame &&= names.meaningAt(call, node.text) === meaning;
  });
  return isSame ? free : undefined;
}

const isCalledOnce = ({ reads }: Variable): boolean => reads.length === 1;

const canDrop = (value: lua.Expression): boolean => isPure(value) || lua.isCallExpression(value);

/** The candidate that a statement calls, if it calls one; with `isWanted`, also a function that is called more often. */
export function candidateAt(statement: lua.Statement, resolved: Resolved, isWanted = isCalledOnce): Candidate | undefined {
  const call = callOf(statement);
  if (call === undefined || !lua.isIdentifier(call.expression)) return undefined;
  const variable = resolved.names.variableOf(call.expression);
  if (variable === undefined || !isWanted(variable)) return undefined;
  const body = resolved.functionOf(variable);
  if (body === undefined || body.dots !== undefined) return undefined;
  if (call.params.length > (body.params ?? []).length) return undefined;
  const returns = returnsOf(body.body.statements);
  if (returns.some(({ expressions }) => expressions.length > 1)) return undefined;
  if (lua.isExpressionStatement(statement) && !returns.every(({ expressions }) => expressions.every(canDrop))) return undefined;
  let isRecursive = false;
  walk(body, (node) => void (isRecursive ||= node === call));
  if (isRecursive) return undefined;
  const free = surroundings(body, call, resolved);
  if (free === undefined) return undefined;
  const isElsewhere = variable.depth === 1 && resolved.partOf(body) !== resolved.partOf(call);
  const hidden = isElsewhere ? [...free].filter((name) => resolved.isPrivate(name)) : [];
  return { variable, body, call, statement, free, hidden };
}
