/** Walking and changing TypeScriptToLua's syntax tree, whose nodes are plain objects. */
import * as lua from "typescript-to-lua";

const isNode = (value: unknown): value is lua.Node => typeof value === "object" && value !== null && "kind" in value;

/** A copy that shares no node with the original: TypeScriptToLua uses some nodes in two places. */
export function copyTree<T extends lua.Node>(node: T): T {
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) {
    if (Array.isArray(value)) copy[key] = value.map((item: unknown) => (isNode(item) ? copyTree(item) : item));
    else copy[key] = isNode(value) ? copyTree(value) : value;
  }
  return copy as unknown as T;
}

/** A node with the source file that it came from, which TypeScriptToLua's own nodes do not know. */
interface Sourced extends lua.Node {
  fileName?: string;
}

/** Notes the file of each node of a tree. */
export function setFile(root: lua.Node, fileName: string): void {
  walk(root, (node: Sourced) => void (node.fileName = fileName));
}

/** The file that a node came from. */
export function fileOf(node: lua.Node): string | undefined {
  return (node as Sourced).fileName;
}

/** Gives a new node the place in the sources that another has. */
export function placedAs<T extends lua.Node>(node: T, original: lua.Node): T {
  const fileName = fileOf(original);
  return Object.assign(lua.setNodePosition(node, lua.getOriginalPos(original)), fileName === undefined ? {} : { fileName });
}

/** The nodes right below a node, in the order of the source. */
export function childrenOf(node: lua.Node): lua.Node[] {
  const children: lua.Node[] = [];
  for (const key in node) {
    const value = (node as unknown as Record<string, unknown>)[key];
    if (Array.isArray(value)) {
      for (const item of value as unknown[]) if (isNode(item)) children.push(item);
    } else if (isNode(value)) children.push(value);
  }
  return children;
}

/** Calls `visit` with each node of a tree, parents first. Reached millions of times in a build: it makes no arrays and no functions. */
export function walk(node: lua.Node, visit: (node: lua.Node) => void): void {
  visit(node);
  for (const key in node) {
    const value = (node as unknown as Record<string, unknown>)[key];
    if (typeof value !== "object") continue;
    if (Array.isArray(value)) {
      for (const item of value as unknown[]) if (isNode(item)) walk(item, visit);
    } else if (isNode(value)) walk(value, visit);
  }
}

/** All nodes of a tree. */
export function nodesIn(root: lua.Node): Set<lua.Node> {
  const nodes = new Set<lua.Node>();
  walk(root, (node) => void nodes.add(node));
  return nodes;
}

/** Replaces expressions by what `change` makes of them, the innermost first. */
export function changeExpressions(node: lua.Node, change: (expression: lua.Expression) => lua.Expression): void {
  const fields = node as unknown as Record<string, unknown>;
  for (const key in fields) {
    const value = fields[key];
    if (typeof value !== "object") continue;
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) value[index] = changed(value[index], change);
    } else fields[key] = changed(value, change);
  }
}

function changed(value: unknown, change: (expression: lua.Expression) => lua.Expression): unknown {
  if (!isNode(value)) return value;
  changeExpressions(value, change);
  return isExpression(value) ? change(value) : value;
}

/** Gives each list of statements to `change`, the innermost first, and puts its result in its place. */
export function changeStatements(node: lua.Node, change: (statements: lua.Statement[]) => lua.Statement[]): void {
  for (const child of childrenOf(node)) changeStatements(child, change);
  const block = node as { statements?: lua.Statement[] };
  if (block.statements !== undefined) block.statements = change(block.statements);
}

/** True for what has a value. */
export function isExpression(node: lua.Node): node is lua.Expression {
  return node.kind >= lua.SyntaxKind.StringLiteral && node.kind <= lua.SyntaxKind.ConditionalExpression;
}

/** The expression inside parentheses that only group. */
export function bare(expression: lua.Expression): lua.Expression {
  return lua.isParenthesizedExpression(expression) ? bare(expression.expression) : expression;
}

/** The name that a call calls, when it is a plain one. */
export function calledName(node: lua.Node): string | undefined {
  return lua.isCallExpression(node) && lua.isIdentifier(node.expression) ? node.expression.text : undefined;
}

/** `value` of `container.value`. */
export function memberName(node: lua.Node): string | undefined {
  return lua.isTableIndexExpression(node) && lua.isStringLiteral(node.index) ? node.index.value : undefined;
}

/** What is indexed or called in a tree: Lua's grammar does not take a literal there. */
export function basesIn(root: lua.Node): Set<lua.Node> {
  const bases = new Set<lua.Node>();
  walk(root, (node) => {
    if (lua.isTableIndexExpression(node)) bases.add(node.table);
    if (lua.isCallExpression(node)) bases.add(node.expression);
    if (lua.isMethodCallExpression(node)) bases.add(node.prefixExpression);
  });
  return bases;
}

/** True when evaluating it does nothing that could be seen, now or later. */
export function isPure(expression: lua.Expression): boolean {
  if (lua.isTableExpression(expression)) {
    return expression.fields.every((field) => isPure(field.value) && (field.key === undefined || isPure(field.key)));
  }
  if (lua.isUnaryExpression(expression)) return lua.isNumericLiteral(expression.operand);
  return lua.isLiteral(expression) || lua.isFunctionExpression(expression) || lua.isIdentifier(expression);
}
