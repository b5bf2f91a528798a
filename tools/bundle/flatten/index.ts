/** From TypeScriptToLua's modules to one flat chunk: no table of modules, no imports at run time, nothing that nobody uses. */
import { normalize } from "node:path";
import ts from "typescript";
import * as tstl from "typescript-to-lua";
import { joinAtOnce } from "./concatenations";
import { insertConstants } from "./constants";
import { useOriginals } from "./copies";
import { keepOnlyBehaviour } from "./declarations";
import { dissolveTables } from "./dissolve";
import { copyForFewCalls } from "./few-calls";
import { callGeneratorsDirectly } from "./generators";
import { declareLate } from "./late";
import { layOut } from "./layout";
import { holdGlobals } from "./globals";
import { libraryFor } from "./library";
import { link } from "./link";
import { callTextsByMethod } from "./methods";
import { modulesInOrder, type CompiledFile } from "./modules";
import { leaveOutNils } from "./nils";
import { placeSingleCalls } from "./once";
import { ownNames } from "./own-names";
import { print, type Printed } from "./print";
import { shortenNames } from "./short-names";
import { compareOnce } from "./switches";
import { endEarly } from "./tails";
import { useNoTemporaries } from "./temporaries";
import { dropUnused } from "./unused";

export { FlattenError } from "./modules";

/** `entry` is the file that runs, `folder` the one from which files are named. Throws a FlattenError when the program cannot be made flat. */
export function flatten(compiled: ts.Program, files: readonly CompiledFile[], entry: string, folder: string): Printed {
  const options: tstl.CompilerOptions = compiled.getCompilerOptions();
  const resolve = (specifier: string, from: string): string | undefined => {
    const found = ts.resolveModuleName(specifier, from, options, ts.sys).resolvedModule?.resolvedFileName;
    return found === undefined ? undefined : normalize(found);
  };
  const program = link(modulesInOrder(files, normalize(entry), resolve));
  keepOnlyBehaviour(program.root);
  callGeneratorsDirectly(program.root);
  joinAtOnce(program.root);
  insertConstants(program);
  dropUnused(program);
  useNoTemporaries(program.root);
  compareOnce(program.root);
  declareLate(program.root);
  let placed = 0;
  const settle = (): void => {
    do {
      placed = placeSingleCalls(program, placed);
      useOriginals(program);
      dropUnused(program);
    } while (dissolveTables(program));
  };
  settle();
  if (copyForFewCalls(program)) settle();
  callTextsByMethod(program.root);
  leaveOutNils(program.root);
  endEarly(program.root);
  shortenNames(program, ownNames(compiled));
  layOut(program);
  holdGlobals(program);
  const library = libraryFor(program, options.luaTarget ?? tstl.LuaTarget.Universal, ts.sys);
  return print(program, compiled, ts.sys, library, folder);
}
