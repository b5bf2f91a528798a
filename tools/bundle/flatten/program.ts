/** A whole program in one scope. */
import * as lua from "typescript-to-lua";
import { resolveNames, type Names, type Variable } from "./scope";
import { walk } from "./syntax";

/** What is left of a module: a block of its statements. */
export interface Part {
  readonly fileName: string;
  readonly block: lua.DoStatement;
}

/** Modules in the order in which they run. No two of them use one outermost name for different things. */
export interface Program {
  readonly parts: readonly Part[];
  /** All parts below one node. */
  readonly root: lua.Block;
  /** What was exported. Nothing declares these names; they are only assigned to. */
  readonly exported: Set<string>;
}

/** What the names of a program mean. */
export interface Resolved {
  readonly names: Names;
  /** True for an outermost name that no module exports. */
  isPrivate(name: string): boolean;
  /** What a variable has all its life, if that is known: what it is declared with, or what is exported by that name. */
  valueOf(variable: Variable): lua.Expression | undefined;
  /** The function that a variable always is, also where it was declared ahead of it. */
  functionOf(variable: Variable): lua.FunctionExpression | undefined;
  /** The part that a node was in when the names were followed. */
  partOf(node: lua.Node): Part | undefined;
}

/** Follows the names through all parts, as if their outermost blocks were one. */
export function resolveProgram({ parts, exported }: Program): Resolved {
  const all = parts.flatMap((part) => part.block.statements);
  const ahead = [...exported].map((name) => lua.createIdentifier(name));
  const names = resolveNames(ahead.length === 0 ? all : [lua.createVariableDeclarationStatement(ahead), ...all]);
  const given = new Map<lua.Node, lua.Expression | undefined>();
  for (const statement of all) {
    if (lua.isAssignmentStatement(statement) && statement.left.length === 1) given.set(statement.left[0] as lua.Node, statement.right[0]);
  }
  const functions = new Map<lua.Node, lua.FunctionExpression>();
  for (const statement of all) {
    walk(statement, (node) => {
      if (lua.isAssignmentStatement(node) && lua.isFunctionDefinition(node)) functions.set(node.left[0] as lua.Node, node.right[0]);
    });
  }
  let places: Map<lua.Node, Part> | undefined;
  const placesOf = (): Map<lua.Node, Part> => {
    const found = new Map<lua.Node, Part>();
    for (const part of parts) walk(part.block, (node) => void found.set(node, part));
    return found;
  };
  const outermost = new Set([...names.variables].filter(({ depth }) => depth === 1).map(({ name }) => name));
  return {
    names,
    isPrivate: (name) => outermost.has(name) && !exported.has(name),
    partOf: (node) => (places ??= placesOf()).get(node),
    functionOf(variable) {
      const [only, ...more] = variable.writes;
      if (only !== undefined) return more.length === 0 && variable.value === undefined ? functions.get(only) : undefined;
      return variable.value !== undefined && lua.isFunctionExpression(variable.value) ? variable.value : undefined;
    },
    valueOf(variable) {
      const [only, ...more] = variable.writes;
      if (only === undefined) return variable.value;
      return more.length === 0 && exported.has(variable.name) && variable.depth === 1 ? given.get(only) : undefined;
    },
  };
}
