/** The modules of a program as TypeScriptToLua makes them, in the order in which they would be loaded. */
import * as lua from "typescript-to-lua";
import { calledName, copyTree, setFile, walk } from "./syntax";

/** What TypeScriptToLua made of one source file. */
export interface CompiledFile {
  readonly fileName: string;
  readonly luaAst?: lua.File;
}

/** A module, in a tree of its own. */
export interface Module {
  readonly fileName: string;
  readonly statements: lua.Statement[];
  /** The module that each `require` of it stands for. */
  readonly requires: ReadonlyMap<lua.CallExpression, Module>;
}

/** Says why something cannot become one flat chunk, in a sentence for the person who wrote it. */
export class FlattenError extends Error {}

/** Finds the file that a module specifier means. */
export type Resolve = (specifier: string, from: string) => string | undefined;

/** Follows the imports of the entry. A module comes after all that it imports. */
export function modulesInOrder(files: readonly CompiledFile[], entry: string, resolve: Resolve): Module[] {
  const trees = new Map(files.map((file) => [file.fileName, file.luaAst]));
  const done = new Map<string, Module>();
  const underWay: string[] = [];

  function load(fileName: string): Module {
    const known = done.get(fileName);
    if (known !== undefined) return known;
    if (underWay.includes(fileName)) throw new FlattenError(`${[...underWay, fileName].join(" -> ")}: these files import each other`);
    const tree = trees.get(fileName);
    if (tree === undefined) throw new FlattenError(`${fileName}: it was not compiled`);
    underWay.push(fileName);
    const copy = copyTree(tree);
    setFile(copy, fileName);
    const { statements } = copy;
    const requires = new Map<lua.CallExpression, Module>();
    for (const statement of statements) {
      walk(statement, (node) => {
        if (calledName(node) !== "require" || !lua.isCallExpression(node)) return;
        const [specifier] = node.params;
        const found = specifier !== undefined && lua.isStringLiteral(specifier) ? resolve(specifier.value, fileName) : undefined;
        if (found === undefined) throw new FlattenError(`${fileName}: an import that leads to no source file`);
        requires.set(node, load(found));
      });
    }
    underWay.pop();
    const module = { fileName, statements, requires };
    done.set(fileName, module);
    return module;
  }

  load(entry);
  return [...done.values()];
}
