/** Keeps globals that many functions use in local variables: a function reaches these without holding the name. */
import * as lua from "typescript-to-lua";
import { resolveProgram, type Program } from "./program";
import { childrenOf, walk } from "./syntax";

interface Uses {
  /** Functions that mention the global; each holds its name. */
  readonly inside: Set<lua.Node>;
  /** These and the functions around them: each has two bytes for a local variable from outside. */
  readonly around: Set<lua.Node>;
}

const upvalueBytes = 2;
/** The name once more, and the instruction that reads it. */
const onceBytes = 6;

function saved(name: string, { inside, around }: Uses): number {
  return (inside.size - 1) * (name.length + 2) - around.size * upvalueBytes - onceBytes;
}

function usesIn(program: Program): Map<string, Uses> {
  const { names } = resolveProgram(program);
  const uses = new Map<string, Uses>();
  function visit(node: lua.Node, functions: readonly lua.Node[]): void {
    if (lua.isIdentifier(node) && names.globals.has(node.text) && names.variableOf(node) === undefined) {
      const found = uses.get(node.text) ?? { inside: new Set(), around: new Set() };
      uses.set(node.text, found);
      found.inside.add(functions.at(-1) ?? program.root);
      for (const one of functions) found.around.add(one);
    }
    const within = lua.isFunctionExpression(node) ? [...functions, node] : functions;
    for (const child of childrenOf(node)) if (!lua.isMethodCallExpression(node) || child !== node.name) visit(child, within);
  }
  visit(program.root, []);
  return uses;
}

/** Comes last, for the outermost block. Globals that the program assigns to, and the library's functions, stay as they are. */
export function holdGlobals(program: Program): void {
  const assigned = new Set<string>();
  walk(program.root, (node) => {
    if (lua.isAssignmentStatement(node)) for (const target of node.left) if (lua.isIdentifier(target)) assigned.add(target.text);
  });
  const held = [...usesIn(program)].filter(([name, uses]) => saved(name, uses) > 0 && !assigned.has(name) && !name.startsWith("__TS__"));
  if (held.length === 0) return;
  const identifiers = (): lua.Identifier[] => held.map(([name]) => lua.createIdentifier(name));
  program.parts[0]?.block.statements.unshift(lua.createVariableDeclarationStatement(identifiers(), identifiers()));
}
