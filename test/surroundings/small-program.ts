/** A few lines of TypeScript, compiled as the bundle is, and run. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/bundle/targets";
import { createTranspiler, type Transpiled } from "../../tools/bundle/transpile";
import { runInFengari } from "../lua/fengari";

/** Compiles files by their name; `main.ts` is the one that runs. */
export function compile(files: Record<string, string>): Transpiled {
  mkdirSync(join(root, "build"), { recursive: true });
  const folder = mkdtempSync(join(root, "build", "test-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    writeFileSync(
      join(folder, "tstl.json"),
      JSON.stringify({
        extends: join(root, "tsconfig.base.json"),
        compilerOptions: { verbatimModuleSyntax: false, rootDir: ".", outDir: "out", sourceMap: true, types: [] },
        tstl: {
          luaTarget: "5.3",
          luaLibImport: "require-minimal",
          luaBundle: "out.lua",
          luaBundleEntry: "main.ts",
          noImplicitSelf: true,
          noHeader: true,
        },
        files: ["main.ts"],
      }),
    );
    return createTranspiler(join(folder, "tstl.json"))();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Comes first in a file that prints. */
export const printing = "declare function print(this: void, line: string): void; export {};\n";

/** What a program prints. Throws when it does not compile. */
export function run(files: Record<string, string>): string[] {
  const { lua, problems } = compile(files);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return runInFengari(Buffer.from(lua), "out.lua", 1);
}
