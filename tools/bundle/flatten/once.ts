/**
 * A function that is called in one place only goes to that place. A function costs some 130 bytes of a board's memory besides its
 * instructions, and the sources have many small ones because they read better so.
 */
import * as lua from "typescript-to-lua";
import { callToTakeApart, firstName, separateChoice } from "./apart";
import { candidateAt, type Candidate } from "./candidate";
import { alwaysReturns, mentions, replaceReturns } from "./exits";
import { resolveProgram, type Program, type Resolved } from "./program";
import { share } from "./share";
import { basesIn, changeExpressions, changeStatements, copyTree, isPure, nodesIn, placedAs, walk } from "./syntax";

/** Puts arguments where parameters are read, or into variables of their own where that could make a difference. */
function withArguments({ body, call }: Candidate, { names }: Resolved): lua.Statement[] {
  const direct = new Map<lua.Node, lua.Expression>();
  const bases = basesIn(body.body);
  const kept: { name: lua.Identifier; value: lua.Expression | undefined }[] = [];
  (body.params ?? []).forEach((parameter, index) => {
    const value = call.params[index];
    const variable = names.variableOf(parameter);
    const given = value !== undefined && lua.isIdentifier(value) ? names.variableOf(value) : undefined;
    const isUsableLiteral = value !== undefined && lua.isLiteral(value) && variable?.reads.every((read) => !bases.has(read)) === true;
    const isConstant = isUsableLiteral || given?.writes.length === 0;
    if (variable === undefined || value === undefined || !isConstant || variable.writes.length > 0) {
      kept.push({ name: parameter, value });
    } else for (const read of variable.reads) direct.set(read, value);
  });
  changeExpressions(body.body, (expression) => {
    const value = direct.get(expression);
    return value === undefined ? expression : copyTree(value);
  });
  if (kept.length === 0) return body.body.statements;
  const isMentioned = ({ text }: lua.Identifier): boolean =>
    kept.some(({ value }) => value !== undefined && mentions([lua.createExpressionStatement(value)], text) > 0);
  const declare = (some: typeof kept): lua.Statement => {
    const values = some.flatMap(({ value }) => (value === undefined ? [] : [value]));
    const left = some.map(({ name }) => name);
    return placedAs(lua.createVariableDeclarationStatement(left, values.length === 0 ? undefined : values), call);
  };
  if (kept.some(({ name }) => isMentioned(name))) return [declare(kept), ...body.body.statements];
  const empty = kept.filter(({ value }) => value === undefined);
  return [
    ...kept.filter(({ value }) => value !== undefined).map((one) => declare([one])),
    ...(empty.length === 0 ? [] : [declare(empty)]),
    ...body.body.statements,
  ];
}

/** Names of the function that mean something else around the call get another one. */
function renameInside(candidate: Candidate, { names }: Resolved, around: ReadonlySet<string>, suffix: string): void {
  const inside = nodesIn(candidate.body);
  walk(candidate.body, (node) => {
    const variable = lua.isIdentifier(node) ? names.variableOf(node) : undefined;
    if (variable === undefined || !inside.has(variable.identifier) || !around.has(variable.name)) return;
    (node as lua.Identifier).text = `${variable.name}${suffix}`;
  });
}

/** What stands for the statement that calls; undefined where that cannot be written. */
function replacement(candidate: Candidate, resolved: Resolved, number: number): lua.Statement[] | undefined {
  const { call, statement } = candidate;
  const target = lua.isVariableDeclarationStatement(statement) || lua.isAssignmentStatement(statement) ? statement.left[0] : undefined;
  const around = new Set<string>();
  for (const node of [...call.params, ...(target === undefined ? [] : [target])]) {
    walk(node, (inner) => void (lua.isIdentifier(inner) && around.add(inner.text)));
  }
  if (lua.isVariableDeclarationStatement(statement) && target !== undefined && lua.isIdentifier(target)) {
    // The new variable would hide one of the same name that the function or its arguments mean.
    const { text } = target;
    if (call.params.some((argument) => mentions([lua.createExpressionStatement(argument)], text) > 0)) return undefined;
    if (candidate.free.has(text)) return undefined;
  }
  renameInside(candidate, resolved, around, `_${number}`);
  const inside = withArguments(candidate, resolved);
  if (lua.isReturnStatement(statement)) return alwaysReturns(inside) ? inside : [...inside, lua.createReturnStatement([])];

  const [only] = inside;
  const value = inside.length === 1 && only !== undefined && lua.isReturnStatement(only) ? only.expressions[0] : undefined;
  if (value !== undefined && lua.isVariableDeclarationStatement(statement) && !lua.isFunctionExpression(value)) {
    return [placedAs(lua.createVariableDeclarationStatement(statement.left, value), statement)];
  }

  const label = `____done_${number}`;
  const assign = (value: lua.Expression): lua.Statement[] =>
    target === undefined ? [] : [lua.createAssignmentStatement(copyTree(target), value)];
  const isDeclared = lua.isVariableDeclarationStatement(statement);
  const ends = alwaysReturns(inside);
  const { statements, jumps } = replaceReturns(inside, label, (values) => {
    const [value = lua.createNilLiteral()] = values;
    // What was just declared is nil already.
    if (target !== undefined) return isDeclared && lua.isNilLiteral(value) ? [] : assign(value);
    return isPure(value) ? [] : [lua.createExpressionStatement(value)];
  });
  const last = ends || isDeclared || target === undefined ? [] : assign(lua.createNilLiteral());
  return [
    ...(isDeclared ? [lua.createVariableDeclarationStatement(statement.left)] : []),
    lua.createDoStatement([...statements, ...last]),
    ...(jumps ? [lua.createLabelStatement(label)] : []),
  ];
}

/** Gives the value of a call to a variable, so that the call is a statement of its own. */
export function aside(call: lua.CallExpression, name = ""): lua.VariableDeclarationStatement {
  return lua.createVariableDeclarationStatement(lua.createIdentifier(name), call);
}

/** A candidate for the call that comes first inside a statement, and what is then left of the statement. */
function partAt(
  statement: lua.Statement,
  resolved: Resolved,
  number: number,
  isWanted: (call: lua.CallExpression) => boolean,
): { readonly candidate: Candidate; rest(value: lua.Expression): lua.Statement } | "separated" | undefined {
  const call = callToTakeApart(statement, resolved, isWanted);
  if (call === undefined) return separateChoice(statement, resolved, isWanted) ? "separated" : undefined;
  const candidate = candidateAt(placedAs(aside(call, `${firstName}${number}`), statement), resolved);
  if (candidate === undefined) return undefined;
  return {
    candidate,
    rest(value) {
      changeExpressions(statement, (expression) => (expression === call ? value : expression));
      return statement;
    },
  };
}

/** Goes on until no function is left that this can be done with. New names and labels are numbered on from `placed`; gives the last number. */
export function placeSingleCalls(program: Program, placed = 0): number {
  const refused = new Set<lua.Node>();
  let number = placed;
  for (let isDone = false; !isDone;) {
    isDone = true;
    const resolved = resolveProgram(program);
    const hidden = new Set<string>();
    // What has moved in this round has names that were resolved for its old place.
    const moved = new Set<lua.Node>();
    const hasMoved = (root: lua.Node): boolean => {
      let found = false;
      walk(root, (node) => void (found ||= moved.has(node)));
      return found;
    };
    const isWanted = (call: lua.CallExpression): boolean => candidateAt(aside(call), resolved) !== undefined;
    const withoutCall = (statement: lua.Statement): lua.Statement[] => {
      if (refused.has(statement)) return [statement];
      const whole = candidateAt(statement, resolved);
      const apart = whole === undefined ? partAt(statement, resolved, number + 1, isWanted) : undefined;
      if (apart === "separated") isDone = false;
      const candidate = whole ?? (apart === "separated" ? undefined : apart?.candidate);
      if (candidate === undefined || hasMoved(statement) || hasMoved(candidate.body)) return [statement];
      const instead = replacement(candidate, resolved, ++number);
      if (instead === undefined) {
        refused.add(statement);
        return [statement];
      }
      if (apart !== undefined && apart !== "separated") {
        const [first, ...more] = instead;
        const value = more.length === 0 && first !== undefined && lua.isVariableDeclarationStatement(first) ? first.right?.[0] : undefined;
        if (value === undefined) instead.push(apart.rest(lua.createIdentifier(`${firstName}${number}`)));
        else instead.splice(0, 1, apart.rest(lua.createParenthesizedExpression(value)));
      }
      isDone = false;
      for (const name of candidate.hidden) hidden.add(name);
      candidate.body.body = lua.createBlock([]);
      candidate.body.params = [];
      for (const root of [candidate.body, ...instead]) walk(root, (node) => void moved.add(node));
      return instead;
    };
    changeStatements(program.root, (statements) => statements.flatMap(withoutCall));
    for (const name of hidden) share(program, name);
  }
  return number;
}
