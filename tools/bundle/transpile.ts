/** TypeScript in, one Lua file out, in memory. Kept alive it is fast: only what changed is read and checked again. */
import { dirname, relative, resolve } from "node:path";
import ts from "typescript";
import * as tstl from "typescript-to-lua";
import { FlattenError, flatten } from "./flatten/index";

/** What a compilation gave. `lua` is not to be used when there are problems: TypeScriptToLua writes wrong Lua after an error. */
export interface Transpiled {
  readonly lua: string;
  readonly map: string;
  /** One line each, as a compiler prints them. Warnings count. */
  readonly problems: readonly string[];
  /** Files that the Lua was made from, without those of packages. */
  readonly sources: readonly string[];
}

function lineOf(diagnostic: ts.Diagnostic, root: string): string {
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, " ");
  if (diagnostic.file === undefined || diagnostic.start === undefined) return message;
  const { line, character } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start);
  return `${relative(root, diagnostic.file.fileName)}:${line + 1}:${character + 1}: ${message}`;
}

/** Names sources from the project's root: TypeScriptToLua counts `../` from where each file would have gone without a bundle. */
function withRootedSources(map: string): string {
  const parsed = JSON.parse(map) as { sources: string[] };
  return JSON.stringify({ ...parsed, sources: parsed.sources.map((source) => source.replace(/^(\.\.\/)+/, "")) });
}

/** Keeps source files from one compilation to the next, as long as their text is the same. */
function cachingHost(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createIncrementalCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  const kept = new Map<string, { readonly text: string; readonly file: ts.SourceFile }>();
  host.getSourceFile = (fileName, languageVersion, onError) => {
    const known = kept.get(fileName);
    if (known !== undefined && fileName.includes("/node_modules/")) return known.file;
    const text = ts.sys.readFile(fileName);
    if (text === undefined) return undefined;
    if (known?.text === text) return known.file;
    const file = read(fileName, languageVersion, onError);
    if (file !== undefined) kept.set(fileName, { text, file });
    return file;
  };
  return host;
}

/** A compiler for one tstl configuration, such as `tstl.json`. Each call of the result compiles what is on disk then. */
export function createTranspiler(configFile: string): () => Transpiled {
  const config = tstl.parseConfigFileWithSystem(resolve(configFile));
  const root = dirname(resolve(configFile));
  const host = cachingHost(config.options);
  const transpiler = new tstl.Transpiler();
  let previous: ts.SemanticDiagnosticsBuilderProgram | undefined;

  return () => {
    if (config.errors.length > 0) return { lua: "", map: "", problems: config.errors.map((error) => lineOf(error, root)), sources: [] };
    const builder = ts.createSemanticDiagnosticsBuilderProgram(config.fileNames, config.options, host, previous);
    previous = builder;
    const program = builder.getProgram();
    let files: readonly tstl.ProcessedFile[] = [];
    const before = [
      ...program.getConfigFileParsingDiagnostics(),
      ...builder.getOptionsDiagnostics(),
      ...builder.getSyntacticDiagnostics(),
      ...builder.getGlobalDiagnostics(),
      ...builder.getSemanticDiagnostics(),
    ];
    const emitted = transpiler.emit({
      program,
      // Its own bundle is made for what it finds wrong; what is written is the flat one.
      writeFile: () => undefined,
      plugins: [{ afterPrint: (_program, _options, _host, compiled) => void (files = compiled) }],
    });
    const problems = ts.sortAndDeduplicateDiagnostics([...before, ...emitted.diagnostics]).map((problem) => lineOf(problem, root));
    const sources = program
      .getSourceFiles()
      .map((file) => file.fileName)
      .filter((name) => !name.includes("/node_modules/"));
    const nothing = { lua: "", map: "" };
    if (problems.length > 0) return { ...nothing, problems, sources };
    try {
      const flat = flatten(program, files, resolve(root, config.options.luaBundleEntry ?? ""), root);
      return { lua: flat.lua, map: withRootedSources(flat.map), problems, sources };
    } catch (error) {
      if (!(error instanceof FlattenError)) throw error;
      return { ...nothing, problems: [error.message], sources };
    }
  };
}
