/**
 * A table that nobody holds as a whole becomes variables, one for each field. So the functions of an object that only its maker uses
 * are plain functions, and those called once can go to their callers.
 */
import * as lua from "typescript-to-lua";
import { resolveProgram, type Program, type Resolved } from "./program";
import type { Variable } from "./scope";
import { changeExpressions, changeStatements, memberName, placedAs, walk } from "./syntax";

interface Dissolved {
  readonly names: Map<string, string>;
  readonly table: lua.TableExpression;
}

function fieldsOf(table: lua.TableExpression): string[] | undefined {
  const names = table.fields.map(({ key }) => (key !== undefined && lua.isStringLiteral(key) ? key.value : undefined));
  return names.every((name) => name !== undefined) && new Set(names).size === names.length ? names : undefined;
}

/** The one table that a variable ever is. */
function tableOf(variable: Variable, given: ReadonlyMap<lua.Node, lua.Expression>): lua.TableExpression | undefined {
  const { declaration, value, writes } = variable;
  if (declaration === undefined) return undefined;
  const [write, ...more] = writes;
  const only = write === undefined ? value : declaration.right === undefined && more.length === 0 ? given.get(write) : undefined;
  return only !== undefined && lua.isTableExpression(only) ? only : undefined;
}

function choose(program: Program, { names, isPrivate }: Resolved): Map<Variable, Dissolved> {
  const given = new Map<lua.Node, lua.Expression>();
  const members = new Map<lua.Node, string>();
  const used = new Set(program.exported);
  walk(program.root, (node) => {
    if (lua.isIdentifier(node)) used.add(node.text);
    if (lua.isAssignmentStatement(node) && node.left.length === 1) given.set(node.left[0] as lua.Node, node.right[0] as lua.Expression);
    const name = memberName(node);
    if (name !== undefined && lua.isTableIndexExpression(node)) members.set(node.table, name);
  });
  const chosen = new Map<Variable, Dissolved>();
  for (const variable of names.variables) {
    const table = tableOf(variable, given);
    const fields = table === undefined ? undefined : fieldsOf(table);
    const reads = variable.reads.map((read) => members.get(read));
    if (table === undefined || fields === undefined || variable.reads.length === 0 || !reads.every((name) => name !== undefined)) continue;
    if (variable.depth === 1 && !isPrivate(variable.name)) continue;
    const own = new Map<string, string>();
    for (const field of new Set([...fields, ...reads])) {
      let name = `${variable.name}_${field.replace(/\W/g, "_")}`;
      while (used.has(name)) name += "_";
      used.add(name);
      own.set(field, name);
    }
    chosen.set(variable, { names: own, table });
  }
  return chosen;
}

function valuesOf({ names, table }: Dissolved): [lua.Identifier, lua.Expression][] {
  return table.fields.map(({ key, value }) => {
    if (lua.isFunctionExpression(value)) lua.setNodeFlags(value, lua.NodeFlags.Declaration);
    return [lua.createIdentifier(names.get(key !== undefined && lua.isStringLiteral(key) ? key.value : "") ?? ""), value];
  });
}

/** What stands for the assignment of the table: in a loop it ends the table before, whose values can still be read while it is made. */
function assignments(whole: Dissolved): lua.Statement[] {
  const all = valuesOf(whole);
  const isStill = (value: lua.Expression): boolean => lua.isLiteral(value) || lua.isFunctionExpression(value);
  const still = all.filter(([, value]) => isStill(value));
  const others = all.filter(([, value]) => !isStill(value));
  const missing = [...whole.names.values()].filter((name) => all.every(([{ text }]) => text !== name));
  const assign = ([name, value]: [lua.Identifier, lua.Expression]): lua.Statement => lua.createAssignmentStatement(name, value);
  return [
    ...(others.length === 0
      ? []
      : [
          lua.createAssignmentStatement(
            others.map(([name]) => name),
            others.map(([, value]) => value),
          ),
        ]),
    ...still.map(assign),
    ...missing.map((name) => assign([lua.createIdentifier(name), lua.createNilLiteral()])),
  ];
}

/** True when there was such a table. */
export function dissolveTables(program: Program): boolean {
  const resolved = resolveProgram(program);
  const chosen = choose(program, resolved);
  const meaning = (node: lua.Node | undefined): Dissolved | undefined => {
    const variable = node !== undefined && lua.isIdentifier(node) ? resolved.names.variableOf(node) : undefined;
    return variable === undefined ? undefined : chosen.get(variable);
  };
  changeStatements(program.root, (statements) =>
    statements.flatMap((statement): lua.Statement[] => {
      const written = lua.isAssignmentStatement(statement) ? meaning(statement.left[0]) : undefined;
      if (written !== undefined) return assignments(written).map((one) => placedAs(one, statement));
      if (!lua.isVariableDeclarationStatement(statement) || statement.left.every((name) => meaning(name) === undefined)) return [statement];
      const [target] = statement.left;
      const whole = meaning(target);
      if (statement.right !== undefined && whole !== undefined) {
        const values = valuesOf(whole);
        const later = [...whole.names.values()]
          .filter((name) => values.every(([{ text }]) => text !== name))
          .map((name) => lua.createIdentifier(name));
        const declarations = values.map(([name, value]) => lua.createVariableDeclarationStatement(name, value));
        return [...(later.length === 0 ? [] : [lua.createVariableDeclarationStatement(later)]), ...declarations].map((one) =>
          placedAs(one, statement),
        );
      }
      statement.left = statement.left.flatMap((name) => {
        const all = meaning(name);
        return all === undefined ? [name] : [...all.names.values()].map((one) => lua.createIdentifier(one));
      });
      return [statement];
    }),
  );
  changeExpressions(program.root, (expression) => {
    const all = lua.isTableIndexExpression(expression) ? meaning(expression.table) : undefined;
    const name = all?.names.get(memberName(expression) ?? "");
    return name === undefined ? expression : placedAs(lua.createIdentifier(name), expression);
  });
  return chosen.size > 0;
}
