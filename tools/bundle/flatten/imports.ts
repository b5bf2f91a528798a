/** Which names of a module stand for an export: its own, or one that it imports. */
import * as lua from "typescript-to-lua";
import type { Module } from "./modules";
import { resolveNames, type Names, type Variable } from "./scope";
import { calledName, memberName, walk } from "./syntax";

/** One export of one module. */
export interface Export {
  readonly module: Module;
  readonly name: string;
}

/** A module with the meaning of its names. */
export interface Reading {
  readonly module: Module;
  readonly names: Names;
  /** The names of its own exports. */
  readonly exported: ReadonlySet<string>;
  /** The export that an expression stands for, if it is one. */
  exportOf(node: lua.Node): Export | undefined;
  /** True for a variable that is only there to import or export. */
  isLink(variable: Variable | undefined): boolean;
}

/** True for `require(…)`. */
export function isRequire(node: lua.Node | undefined): node is lua.CallExpression {
  return node !== undefined && calledName(node) === "require";
}

/** Reads what TypeScriptToLua writes: `local ____a = require("./a")`, `local b = ____a.b`, `____exports.c = …`. */
export function readModule(module: Module): Reading {
  const names = resolveNames(module.statements);
  const tables = new Map<Variable, Module>();
  for (const variable of names.variables) {
    if (isRequire(variable.value)) tables.set(variable, module.requires.get(variable.value) ?? module);
    else if (variable.name === "____exports") tables.set(variable, module);
  }
  const imports = new Map<Variable, Export>();

  function memberOf(node: lua.Node): Export | undefined {
    const name = memberName(node);
    if (name === undefined || !lua.isTableIndexExpression(node) || !lua.isIdentifier(node.table)) return undefined;
    const table = names.variableOf(node.table);
    const owner = table === undefined ? undefined : tables.get(table);
    return owner === undefined ? undefined : { module: owner, name };
  }
  for (const variable of names.variables) {
    const meaning = variable.value === undefined || variable.writes.length > 0 ? undefined : memberOf(variable.value);
    if (meaning !== undefined && meaning.module !== module) imports.set(variable, meaning);
  }
  const exported = new Set<string>();
  for (const statement of module.statements) {
    walk(statement, (node) => {
      const own = memberOf(node);
      if (own?.module === module) exported.add(own.name);
    });
  }
  return {
    module,
    names,
    exported,
    exportOf(node) {
      if (!lua.isIdentifier(node)) return memberOf(node);
      const variable = names.variableOf(node);
      return variable === undefined ? undefined : imports.get(variable);
    },
    isLink: (variable) => variable !== undefined && (tables.has(variable) || imports.has(variable)),
  };
}
