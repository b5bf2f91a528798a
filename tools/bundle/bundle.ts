/** From TypeScript to a Lua file on disk: written only when nothing at all is wrong with it. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { helpersIn } from "./allowed-helpers";
import { isFresh, problemsFile, type LuaTarget } from "./targets";
import type { Transpiled } from "./transpile";
import { createTranspiler } from "./transpile";

/** What a build gave: the file's size, or what is wrong, one line each. */
export type Built = { readonly ok: true; readonly sizeBytes: number } | { readonly ok: false; readonly problems: readonly string[] };

/** Readers see the old file or the new one, also when two builds run at once. */
function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}

/** What `luac5.3 -p` finds, such as more than 200 locals in one function; nothing where it is not installed. */
function syntaxProblems(lua: string): string[] {
  const result = spawnSync("luac5.3", ["-p", "-"], { input: lua, encoding: "utf8" });
  if (result.error !== undefined || result.status === 0) return [];
  return [result.stderr.trim()];
}

function problemsOf(target: LuaTarget, result: Transpiled): string[] {
  if (result.problems.length > 0) return [...result.problems];
  const strangers = helpersIn(result.lua).filter((helper) => target.helpers !== undefined && !target.helpers.includes(helper));
  return [
    ...strangers.map((helper) => `${helper} is in the bundle, and not in the list of tools/bundle/allowed-helpers.ts`),
    ...syntaxProblems(result.lua),
  ];
}

/** Makes a builder that stays fast when called again. A target with a problem is removed, so that no one runs an old one by mistake. */
export function createBuilder(target: LuaTarget): () => Built {
  const transpile = createTranspiler(target.configFile);
  return () => {
    const result = transpile();
    const problems = problemsOf(target, result);
    if (problems.length > 0) {
      rmSync(target.luaFile, { force: true });
      rmSync(`${target.luaFile}.map`, { force: true });
      writeWhole(problemsFile(target), problems.join("\n"));
      return { ok: false, problems };
    }
    rmSync(problemsFile(target), { force: true });
    writeWhole(`${target.luaFile}.map`, result.map);
    writeWhole(target.luaFile, result.lua);
    return { ok: true, sizeBytes: Buffer.byteLength(result.lua) };
  };
}

/** Builds unless that was done since the last change. */
export function buildIfStale(target: LuaTarget): Built {
  if (isFresh(target)) return { ok: true, sizeBytes: readFileSync(target.luaFile).length };
  return createBuilder(target)();
}
