/** Which identifiers mean the same variable. */
import * as lua from "typescript-to-lua";
import { childrenOf } from "./syntax";

/** A local variable. */
export interface Variable {
  readonly name: string;
  /** The name where it is declared. */
  readonly identifier: lua.Identifier;
  /** Where it is declared; undefined for parameters and the variables of loops. */
  readonly declaration: lua.VariableDeclarationStatement | undefined;
  /** What it is declared with, where that is one expression for one name. */
  readonly value: lua.Expression | undefined;
  /** Each place where it gets another value. */
  readonly writes: lua.Identifier[];
  readonly reads: lua.Identifier[];
  /** 1 in the outermost block. */
  readonly depth: number;
}

/** What the names in some statements mean. */
export interface Names {
  /** Undefined for a global. */
  variableOf(identifier: lua.Identifier): Variable | undefined;
  readonly variables: ReadonlySet<Variable>;
  readonly globals: ReadonlySet<string>;
  /** What a name would mean where a call is; undefined for a global. */
  meaningAt(call: lua.CallExpression, name: string): Variable | undefined;
}

/** What can be seen at a place: the newest variable, and what could be seen before it. */
interface Scope {
  readonly newest: Variable;
  readonly before: Scope | undefined;
}

function find(scope: Scope | undefined, name: string): Variable | undefined {
  for (let at = scope; at !== undefined; at = at.before) if (at.newest.name === name) return at.newest;
  return undefined;
}

/** Follows Lua's rules of scope through statements, from their outermost block. */
export function resolveNames(statements: readonly lua.Statement[]): Names {
  const meanings = new Map<lua.Identifier, Variable>();
  const variables = new Set<Variable>();
  const globals = new Set<string>();
  const calls = new Map<lua.Node, Scope | undefined>();
  // The same as the scope, for a quick look: the newest variable of a name comes last.
  const visible = new Map<string, Variable[]>();
  let scope: Scope | undefined;
  let depth = 0;

  function declare(identifier: lua.Identifier, declaration?: lua.VariableDeclarationStatement, value?: lua.Expression): void {
    const variable: Variable = { name: identifier.text, identifier, declaration, value, writes: [], reads: [], depth };
    scope = { newest: variable, before: scope };
    const before = visible.get(variable.name);
    if (before === undefined) visible.set(variable.name, [variable]);
    else before.push(variable);
    meanings.set(identifier, variable);
    variables.add(variable);
  }
  function use(identifier: lua.Identifier, how: "reads" | "writes"): void {
    const variable = visible.get(identifier.text)?.at(-1);
    if (variable === undefined) globals.add(identifier.text);
    else {
      variable[how].push(identifier);
      meanings.set(identifier, variable);
    }
  }
  function inScope(body: () => void): void {
    const outside = scope;
    depth++;
    body();
    depth--;
    for (; scope !== undefined && scope !== outside; scope = scope.before) visible.get(scope.newest.name)?.pop();
  }
  const readAll = (nodes: readonly lua.Node[]): void => nodes.forEach(read);

  function read(node: lua.Node): void {
    if (lua.isIdentifier(node)) use(node, "reads");
    else if (lua.isVariableDeclarationStatement(node)) {
      const [first] = node.left;
      const single = node.left.length === 1 && node.right?.length === 1 ? node.right[0] : undefined;
      // `local function f` is known in its own body; any other local only after its statement.
      const early = single !== undefined && lua.isFunctionExpression(single);
      if (early && first !== undefined) declare(first, node, single);
      readAll(node.right ?? []);
      if (!early) for (const name of node.left) declare(name, node, single);
    } else if (lua.isAssignmentStatement(node)) {
      readAll(node.right);
      for (const target of node.left) {
        if (lua.isIdentifier(target)) use(target, "writes");
        else read(target);
      }
    } else if (lua.isFunctionExpression(node)) {
      inScope(() => {
        for (const name of node.params ?? []) declare(name);
        readAll(node.body.statements);
      });
    } else if (lua.isMethodCallExpression(node)) readAll([node.prefixExpression, ...node.params]);
    else if (lua.isForStatement(node)) {
      readAll([node.controlVariableInitializer, node.limitExpression, ...(node.stepExpression === undefined ? [] : [node.stepExpression])]);
      inScope(() => {
        declare(node.controlVariable);
        readAll(node.body.statements);
      });
    } else if (lua.isForInStatement(node)) {
      readAll(node.expressions);
      inScope(() => {
        for (const name of node.names) declare(name);
        readAll(node.body.statements);
      });
    } else if (lua.isRepeatStatement(node)) {
      inScope(() => readAll([...node.body.statements, node.condition]));
    } else if (lua.isBlock(node) || lua.isDoStatement(node)) inScope(() => readAll(node.statements));
    else {
      if (lua.isCallExpression(node)) calls.set(node, scope);
      readAll(childrenOf(node));
    }
  }

  inScope(() => readAll(statements));
  return {
    variableOf: (identifier) => meanings.get(identifier),
    variables,
    globals,
    meaningAt: (call, name) => find(calls.get(call), name),
  };
}
