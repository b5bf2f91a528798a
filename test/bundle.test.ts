/** What is flashed: whole, small enough, and without parts of the Lua library that nobody decided on. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createBuilder } from "../tools/bundle/bundle";
import { agentBundle, problemsOfLastBuild, root } from "../tools/bundle/targets";
import { createLineMapper } from "../tools/bundle/source-lines";
import { goals, limits, measure } from "../tools/bundle/size";
import { watchBundle } from "../tools/bundle/watch";

describe("the agent's bundle", () => {
  test("compiles without a problem, and carries no helper that is not in the list", () => {
    expect(problemsOfLastBuild(agentBundle)).toBe("");
  });

  test("stays within its limits in flash and in memory", () => {
    const sizes = measure(agentBundle);
    expect(sizes.strippedBytes).toBeLessThanOrEqual(limits.strippedBytes);
    if (sizes.heap !== undefined) {
      expect(sizes.heap.bytecodeBytes).toBeLessThanOrEqual(limits.heapBytes);
      // What is left in memory where the code lies in flash, as on the boards that firmware/README.md describes.
      expect(sizes.heap.withoutCodeBytes).toBeLessThanOrEqual(goals.heapBytes);
    }
  });
});

describe("a build", () => {
  let folder = "";
  beforeEach(() => {
    mkdirSync(join(root, "build"), { recursive: true });
    folder = mkdtempSync(join(root, "build", "test-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function target(source: string, helpers: readonly string[] = []): Parameters<typeof createBuilder>[0] {
    const config = JSON.parse(readFileSync(join(root, "tstl.spec.json"), "utf8")) as {
      extends: string;
      compilerOptions: object;
      tstl: object;
    };
    writeFileSync(join(folder, "entry.ts"), source);
    writeFileSync(
      join(folder, "tstl.json"),
      JSON.stringify({
        ...config,
        extends: join(root, "tsconfig.base.json"),
        compilerOptions: { ...config.compilerOptions, types: [] },
        tstl: { ...config.tstl, luaBundleEntry: "entry.ts", luaBundle: "out.lua" },
        files: ["entry.ts"],
      }),
    );
    return { configFile: join(folder, "tstl.json"), luaFile: join(folder, "out.lua"), helpers };
  }

  test("gives Lua, and its lines lead back to TypeScript", () => {
    const built = target("export const answer = 42;\n\nexport function fail(): void {\n  throw 'here';\n}\n");
    expect(createBuilder(built)()).toMatchObject({ ok: true });
    const lua = readFileSync(built.luaFile, "utf8").split("\n");
    const line = lua.findIndex((text) => text.includes("here")) + 1;
    expect(createLineMapper(built.luaFile)(`out.lua:${line}: here`)).toBe("entry.ts:4: here");
  });

  test("fails on a type error, and leaves no older Lua behind", () => {
    const good = target("export const answer = 42;\n");
    createBuilder(good)();
    const bad = target('export const answer: number = "42";\n');
    expect(createBuilder(bad)()).toMatchObject({ ok: false, problems: [expect.stringMatching(/^entry\.ts:1:14: /)] });
    expect(problemsOfLastBuild(bad)).toMatch(/^entry\.ts:1:14: /);
  });

  test("fails on what TypeScriptToLua only warns about, and on a helper that is not in the list", () => {
    expect(createBuilder(target("export const wrong = (n: number): boolean => (n ? true : false);\n"))()).toMatchObject({ ok: false });
    const spread = target("export const sum = (a: number[]): number[] => [...a, 1];\n");
    expect(createBuilder(spread)()).toMatchObject({
      ok: false,
      problems: expect.arrayContaining([expect.stringMatching(/^__TS__/)]) as unknown,
    });
  });

  test("follows each edit while watching: a mistake is told, and its correction too", async () => {
    const watched = target("export const answer = 1;\n");
    const told: string[] = [];
    let wake = (): void => undefined;
    const watch = watchBundle(
      watched,
      {
        built: () => (told.push("built"), wake()),
        failed: (problems) => (told.push(...problems), wake()),
      },
      [folder],
    );
    const next = (edit?: string): Promise<void> =>
      new Promise((resolve) => {
        wake = resolve;
        if (edit !== undefined) writeFileSync(join(folder, "entry.ts"), edit);
      });
    await next();
    watch.warmUp();
    await next('export const answer: number = "1";\n');
    await next("export const answer = 2;\n");
    watch.end();
    expect(told).toEqual(["built", expect.stringMatching(/^entry\.ts:1:14: /), "built"]);
    expect(readFileSync(watched.luaFile, "utf8")).toContain("answer = 2");
  });
});
