/**
 * `yield*` without a coroutine of its own: a generator that is only ever delegated to becomes a plain function, since what it yields
 * goes through to whoever resumes the coroutine that it is called in.
 */
import * as lua from "typescript-to-lua";
import { bare, calledName, changeExpressions, walk } from "./syntax";

function argumentOf(node: lua.Node, helper: string): lua.Expression | undefined {
  return calledName(node) === helper && lua.isCallExpression(node) ? node.params[0] : undefined;
}

/** Names are taken as they are: `root` is a program in which each stands for one thing. */
export function callGeneratorsDirectly(root: lua.Node): void {
  const generators = new Set<string>();
  const mentions = new Map<string, number>();
  const delegations = new Map<string, number>();
  const count = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
  walk(root, (node) => {
    if (lua.isIdentifier(node)) count(mentions, node.text);
    const [target, value] = lua.isAssignmentStatement(node) ? [node.left[0], node.right[0]] : [];
    if (target !== undefined && lua.isIdentifier(target) && value !== undefined && argumentOf(value, "__TS__Generator") !== undefined) {
      generators.add(target.text);
    }
    const callee = calledName(argumentOf(node, "__TS__DelegatedYield") ?? node);
    if (callee !== undefined && argumentOf(node, "__TS__DelegatedYield") !== undefined) count(delegations, callee);
  });
  const isDirect = (name: string | undefined): boolean =>
    name !== undefined && generators.has(name) && mentions.get(name) === (delegations.get(name) ?? 0) + 1; // 1: where it gets its value

  walk(root, (node) => {
    if (!lua.isAssignmentStatement(node)) return;
    const [target, value] = [node.left[0], node.right[0]];
    if (target === undefined || value === undefined || !lua.isIdentifier(target) || !isDirect(target.text)) return;
    const body = bare(argumentOf(value, "__TS__Generator") ?? value);
    node.right = [lua.setNodeFlags(body, lua.NodeFlags.Declaration)];
  });
  changeExpressions(root, (expression) => {
    const delegated = argumentOf(expression, "__TS__DelegatedYield");
    return delegated !== undefined && isDirect(calledName(delegated)) ? delegated : expression;
  });
}
