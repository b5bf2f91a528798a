/** Makes one scope of all modules: exports and imports become plain variables, each with a name of its own. */
import { basename } from "node:path";
import * as lua from "typescript-to-lua";
import { isRequire, readModule, type Export, type Reading } from "./imports";
import { FlattenError, type Module } from "./modules";
import { createNaming, type Naming } from "./naming";
import type { Part, Program } from "./program";
import { changeExpressions, changeStatements, placedAs, walk } from "./syntax";

function isLinkStatement(statement: lua.Statement, { names, isLink }: Reading): boolean {
  if (lua.isExpressionStatement(statement)) return isRequire(statement.expression);
  if (lua.isVariableDeclarationStatement(statement)) return statement.left.every((name) => isLink(names.variableOf(name)));
  return lua.isReturnStatement(statement) && statement.expressions.some((value) => lua.isIdentifier(value) && value.text === "____exports");
}

/** What still goes by the name of a table of exports would find nothing there. */
function refuseTables({ fileName, block }: Part, { names, isLink }: Reading): void {
  walk(block, (node) => {
    if (isRequire(node) || (lua.isIdentifier(node) && isLink(names.variableOf(node)))) {
      throw new FlattenError(`${fileName}: a module is used as a value; import and export single names`);
    }
  });
}

function linkModule(reading: Reading, naming: Naming): Part {
  const { module, names, exportOf, isLink } = reading;
  const block = lua.createDoStatement(module.statements);
  changeStatements(block, (statements) => statements.filter((statement) => !isLinkStatement(statement, reading)));
  changeExpressions(block, (node) => {
    const meaning = exportOf(node);
    if (meaning !== undefined) return placedAs(lua.createIdentifier(nameOf(naming, meaning)), node);
    const variable = lua.isIdentifier(node) ? names.variableOf(node) : undefined;
    if (lua.isIdentifier(node) && variable?.depth === 1 && !isLink(variable)) {
      node.text = naming.name(`${module.fileName}%${variable.name}`, variable.name, basename(module.fileName, ".ts"));
    }
    return node;
  });
  const part = { fileName: module.fileName, block };
  refuseTables(part, reading);
  return part;
}

function nameOf(naming: Naming, { module, name }: Export): string {
  return naming.name(`${module.fileName}#${name}`, name, basename(module.fileName, ".ts"));
}

/** Throws a FlattenError where a module uses its imports or exports in a way that needs their tables. The last one's exports are returned. */
export function link(modules: readonly Module[]): Program {
  const readings = modules.map(readModule);
  const inner = readings.flatMap(({ names }) => [...names.variables].filter(({ depth }) => depth > 1).map(({ name }) => name));
  const naming = createNaming([...readings.flatMap(({ names }) => [...names.globals]), ...inner]);
  const parts = readings.map((reading) => linkModule(reading, naming));
  const entry = readings.at(-1);
  if (entry !== undefined && entry.exported.size > 0) {
    const fields = [...entry.exported].map((name) =>
      lua.createTableFieldExpression(lua.createIdentifier(nameOf(naming, { module: entry.module, name })), lua.createStringLiteral(name)),
    );
    parts.at(-1)?.block.statements.push(lua.createReturnStatement([lua.createTableExpression(fields)]));
  }
  const exported = readings.flatMap(({ module, exported: own }) => [...own].map((name) => nameOf(naming, { module, name })));
  return { parts, root: lua.createBlock(parts.map(({ block }) => block)), exported: new Set(exported) };
}
