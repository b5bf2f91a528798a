/** What is compiled to Lua, where it goes, and whether that is still up to date. Loads no compiler. */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { allowedHelpers } from "./allowed-helpers";

/** The project's root. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Something that is compiled to Lua: its configuration, and where it goes. */
export interface LuaTarget {
  readonly configFile: string;
  readonly luaFile: string;
  /** Helpers of TypeScriptToLua's library that may be in it; undefined allows all. */
  readonly helpers: readonly string[] | undefined;
}

/** What is flashed. */
export const agentBundle: LuaTarget = {
  configFile: join(root, "tstl.json"),
  luaFile: join(root, "build/lua/agent.lua"),
  helpers: allowedHelpers,
};

/** All specs, for the Lua machines. */
export const specBundle: LuaTarget = {
  configFile: join(root, "tstl.spec.json"),
  luaFile: join(root, "build/spec/spec.lua"),
  helpers: undefined,
};

/** Where a failed build leaves its problems. */
export function problemsFile(target: LuaTarget): string {
  return `${target.luaFile}.problems`;
}

/** Why the last build of a target gave nothing; empty when it worked. */
export function problemsOfLastBuild(target: LuaTarget): string {
  if (existsSync(target.luaFile)) return "";
  return existsSync(problemsFile(target)) ? readFileSync(problemsFile(target), "utf8") : "it was not built yet";
}

function newestChangeMs(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestChangeMs(join(path, name))));
}

/** True when nothing that goes into a target changed since it was built. */
export function isFresh(target: LuaTarget): boolean {
  const inputs = ["src", "test/spec", "tools/bundle", "tsconfig.base.json", "package-lock.json", target.configFile];
  try {
    const builtMs = statSync(target.luaFile).mtimeMs;
    return inputs.every((input) => newestChangeMs(input === target.configFile ? input : join(root, input)) < builtMs);
  } catch {
    return false;
  }
}
