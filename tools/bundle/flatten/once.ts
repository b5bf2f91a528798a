/**
 * A function that is called in one place only goes to that place. A function costs some 130 bytes of a board's memory besides its
 * instructions, and the sources have many small ones because they read better so.
 */
import * as lua from "typescript-to-lua";
import { candidateAt, type Candidate } from "./candidate";
import { alwaysReturns, mentions, replaceReturns } from "./exits";
import { resolveProgram, type Program, type Resolved } from "./program";
import { share } from "./share";
import { basesIn, changeExpressions, changeStatements, copyTree, isPure, placedAs, walk } from "./syntax";

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
  const values = kept.flatMap(({ value }) => (value === undefined ? [] : [value]));
  if (kept.length === 0) return body.body.statements;
  const declaration = lua.createVariableDeclarationStatement(
    kept.map(({ name }) => name),
    values.length === 0 ? undefined : values,
  );
  return [placedAs(declaration, call), ...body.body.statements];
}

/** Names of the function that mean something else around the call get another one. */
function renameInside(candidate: Candidate, { names }: Resolved, around: ReadonlySet<string>, suffix: string): void {
  walk(candidate.body, (node) => {
    const variable = lua.isIdentifier(node) ? names.variableOf(node) : undefined;
    if (variable === undefined || variable.depth <= candidate.variable.depth || !around.has(variable.name)) return;
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

  const label = `____done_${number}`;
  const assign = (value: lua.Expression): lua.Statement[] =>
    target === undefined ? [] : [lua.createAssignmentStatement(copyTree(target), value)];
  const ends = alwaysReturns(inside);
  const { statements, jumps } = replaceReturns(inside, label, (values) => {
    const [value = lua.createNilLiteral()] = values;
    if (target !== undefined) return assign(value);
    return isPure(value) ? [] : [lua.createExpressionStatement(value)];
  });
  const isDeclared = lua.isVariableDeclarationStatement(statement);
  const last = ends || isDeclared || target === undefined ? [] : assign(lua.createNilLiteral());
  return [
    ...(isDeclared ? [lua.createVariableDeclarationStatement(statement.left)] : []),
    lua.createDoStatement([...statements, ...last]),
    ...(jumps ? [lua.createLabelStatement(label)] : []),
  ];
}

/** Goes on until no function is left that this can be done with. */
export function placeSingleCalls(program: Program): void {
  const refused = new Set<lua.Node>();
  let number = 0;
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
    const placed = (statement: lua.Statement): lua.Statement[] => {
      const candidate = refused.has(statement) ? undefined : candidateAt(statement, program, resolved);
      if (candidate === undefined || hasMoved(statement) || hasMoved(candidate.body)) return [statement];
      const instead = replacement(candidate, resolved, ++number);
      if (instead === undefined) {
        refused.add(statement);
        return [statement];
      }
      isDone = false;
      for (const name of candidate.hidden) hidden.add(name);
      candidate.body.body = lua.createBlock([]);
      candidate.body.params = [];
      for (const root of [candidate.body, ...instead]) walk(root, (node) => void moved.add(node));
      return instead;
    };
    changeStatements(program.root, (statements) => statements.flatMap(placed));
    for (const name of hidden) share(program, name);
  }
}
