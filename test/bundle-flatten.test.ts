/** The bundle as one flat chunk: it does what the modules did, with less. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TraceMap, originalPositionFor } from "@jridgewell/trace-mapping";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { root } from "../tools/bundle/bundle";
import { strippedBytes } from "../tools/bundle/fengari";
import { partsOf } from "../tools/bundle/parts";
import { createTranspiler, type Transpiled } from "../tools/bundle/transpile";
import { runInFengari } from "./lua/fengari";

let folder = "";
beforeEach(() => {
  mkdirSync(join(root, "build"), { recursive: true });
  folder = mkdtempSync(join(root, "build", "test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Compiles files by their name; `main.ts` is the one that runs. */
function compile(files: Record<string, string>): Transpiled {
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
}

const printing = "declare function print(this: void, line: string): void; export {};\n";

/** What the program prints. */
function run(files: Record<string, string>): string[] {
  const { lua, problems } = compile(files);
  expect(problems).toEqual([]);
  return runInFengari(Buffer.from(lua), "out.lua", 1);
}

describe("modules", () => {
  test("run once each, after what they import, and share what they export", () => {
    const lines = run({
      "count.ts": `${printing}print("count"); export let count = 0; export function more(): void { count++; }`,
      "left.ts": `${printing}import { count, more } from "./count"; print("left"); more(); export const left = count;`,
      "main.ts": `${printing}import { left } from "./left"; import { count, more } from "./count"; more(); print(\`\${left} \${count}\`);`,
    });
    expect(lines).toEqual(["count", "left", "1 2"]);
  });

  test("leave no table of modules and no table of exports behind", () => {
    const { lua } = compile({
      "a.ts": "export function a(): number { return 1; }",
      "main.ts": 'import { a } from "./a"; declare function print(n: number): void; print(a());',
    });
    expect(lua).not.toMatch(/require|____exports|____modules/);
  });

  test("keep their own variables apart when names are the same, also inside functions and under another name", () => {
    const lines = run({
      "a.ts": 'const hidden = ["a"]; export function text(): string { return hidden.join(""); }',
      "b.ts": 'const hidden = ["b"]; export function text(): string { return hidden.join(""); }',
      "main.ts": `${printing}import { text } from "./a"; import { text as other } from "./b";
        function both(hidden: string): string { const text = other(); return hidden + text; }
        print(both(text()));`,
    });
    expect(lines).toEqual(["ab"]);
  });

  test("may export a word that Lua keeps for itself, and pass an export on", () => {
    const lines = run({
      "a.ts": "function last(): string { return 'end'; } export { last as end };",
      "b.ts": 'export { end as then } from "./a";',
      "main.ts": `${printing}import { then } from "./b"; print(then());`,
    });
    expect(lines).toEqual(["end"]);
  });

  test("may not import each other, which would hide what runs first", () => {
    const { lua, problems } = compile({
      "a.ts": 'import { b } from "./b"; export function a(): number { return b(); }',
      "b.ts": 'import { a } from "./a"; export function b(): number { return a(); }',
      "main.ts": 'import { a } from "./a"; a();',
    });
    expect(lua).toBe("");
    expect(problems).toEqual([expect.stringMatching(/a\.ts -> .*b\.ts -> .*a\.ts: these files import each other$/)]);
  });

  test("may not be used as a whole", () => {
    const { problems } = compile({
      "a.ts": "export const a = 1;",
      "main.ts": 'import * as all from "./a"; declare function print(value: object): void; print(all);',
    });
    expect(problems).toEqual([expect.stringMatching(/main\.ts: a module is used as a value/)]);
  });

  test("must not share more names than Lua has room for", () => {
    const names = Array.from({ length: 190 }, (_, n) => `f${n}`);
    const { problems } = compile({
      "a.ts": names.map((name) => `export function ${name}(): void { ${name}(); }`).join("\n"),
      "main.ts": `import { ${names.join(", ")} } from "./a"; ${names.map((name) => `${name}();`).join(" ")}`,
    });
    expect(problems).toEqual([expect.stringMatching(/^190 names are shared between files, and Lua has room for 180/)]);
  });

  test("may each have more private names than Lua has room for together", () => {
    const file = (prefix: string): string =>
      [
        ...Array.from({ length: 100 }, (_, n) => `const ${prefix}${n} = [${n}];`),
        `export const ${prefix} = [${Array.from({ length: 100 }, (_, n) => `${prefix}${n}`).join(", ")}].length;`,
      ].join("\n");
    const lines = run({
      "a.ts": file("a"),
      "b.ts": file("b"),
      "c.ts": file("c"),
      "main.ts": `${printing}import { a } from "./a"; import { b } from "./b"; import { c } from "./c"; print(\`\${a + b + c}\`);`,
    });
    expect(lines).toEqual(["300"]);
  });
});

describe("what is written", () => {
  test("leads from each line of Lua to its line of TypeScript, in every file", () => {
    const { lua, map } = compile({
      "a.ts": "\n\nexport function a(): string {\n  return 'in a, line 4';\n}\n",
      "main.ts": 'import { a } from "./a";\nexport const b = a();\n\n\nexport const c = ["in main, line 5"];\n',
    });
    const place = (text: string): { source: string | null; line: number | null } => {
      const line = lua.split("\n").findIndex((code) => code.includes(text));
      const column = lua.split("\n")[line]?.indexOf('"') ?? 0;
      return originalPositionFor(new TraceMap(map), { line: line + 1, column });
    };
    expect(place("in a, line 4")).toMatchObject({ source: "a.ts", line: 4 });
    expect(place("in main, line 5")).toMatchObject({ source: "main.ts", line: 5 });
  });

  test("tells which file each part came from", () => {
    const { lua } = compile({
      "a.ts": "export function a(): string[] { return 'a b'.split(' '); }",
      "main.ts": 'import { a } from "./a"; declare function print(n: number): void; print(a().length);',
    });
    expect(partsOf(lua).map(({ name }) => name)).toEqual(["lualib", "a.ts", "main.ts"]);
  });

  test("leaves out what nobody calls, and types", () => {
    const { lua } = compile({
      "a.ts":
        "export interface A { n: number } export function used(): number { return 1; } export function unused(): number { return 2; }",
      "types.ts": "export interface Only { n: number }",
      "main.ts":
        'import { used } from "./a"; import type { Only } from "./types"; declare function print(o: Only): void; print({ n: used() });',
    });
    expect(lua).toContain("used");
    expect(lua).not.toContain("unused");
    expect(lua).not.toContain("types.ts");
  });

  test("holds small constants where they are used, and a long text once", () => {
    const { lua } = compile({
      "a.ts": 'export const limit = -1000; export const alphabet = "abcdefghijklmnopqrstuvwxyz";',
      "main.ts": `export {}; import { alphabet, limit } from "./a"; declare function print(...args: unknown[]): void;
        const late = 7;
        print(limit, alphabet, late); print(alphabet, limit);`,
    });
    expect(lua).toMatch(/print\(-1000, alphabet, 7\)/);
    expect(lua).not.toMatch(/limit|late/);
    expect(lua.match(/abcdefghijklmnopqrstuvwxyz/g)).toHaveLength(1);
  });

  test("keeps a variable that changes", () => {
    const lines = run({
      "a.ts": "export let on = false; export function set(): void { on = true; }",
      "main.ts": `${printing}import { on, set } from "./a"; let tries = 1; const next = (): void => { tries++; }; next(); set();
        print(\`\${tries} \${on ? "on" : "off"}\`);`,
    });
    expect(lines).toEqual(["2 on"]);
  });

  test("joins texts at once", () => {
    const source = `${printing}declare const a: string; declare const b: string; print(\`x \${a} y \${b} z\`);`;
    expect(compile({ "main.ts": source }).lua).toContain('"x " .. a .. " y " .. b .. " z"');
  });

  test("chooses without a variable in between, wherever the choice goes", () => {
    const source = `${printing}
      const names: (string | undefined)[] = ["a", undefined];
      function maybe(name: string | undefined): string | undefined { return name === undefined ? undefined : name + "!"; }
      function declared(name: string | undefined): string { const found = name === undefined ? undefined : maybe(name); return found ?? "none"; }
      function nested(n: number): string | undefined { return n === 1 ? undefined : n === 2 ? maybe("two") : "more"; }
      let last: string | undefined = "first";
      for (const n of [1, 2, 3]) { last = nested(n) === undefined ? undefined : \`\${last ?? "nothing"} \${nested(n) ?? ""}\`; print(last ?? "nothing"); }
      print(maybe(names[0]) ?? "nothing"); print(maybe(names[1]) ?? "nothing"); print(declared("b")); print(declared(undefined));`;
    expect(compile({ "main.ts": source }).lua).not.toContain("____temp");
    expect(run({ "main.ts": source })).toEqual(["nothing", "nothing two!", "nothing two! more", "a!", "nothing", "b!", "none"]);
  });

  test("compares once for each case of a switch", () => {
    const files = {
      "main.ts": `${printing}
        function name(n: number): string { switch (n) { case 1: { const one = "one"; return one; } case 2: case 3: return "few"; default: return "many"; } }
        for (const n of [1, 2, 3, 4]) { switch (name(n)) { case "one": print("one"); break; case "few": print("few"); continue; } print("next"); }`,
    };
    expect(run(files)).toEqual(["one", "next", "few", "few", "next"]);
    expect(compile(files).lua).not.toContain("____cond");
  });

  test("is smaller than it was as modules", () => {
    const small = compile({
      "a.ts": "export function a(): number { return 1; }",
      "main.ts": 'import { a } from "./a"; declare function print(n: number): void; print(a());',
    });
    expect(strippedBytes(small.lua)).toBeLessThan(300);
  });
});

describe("a function that is called once", () => {
  const functions = (lua: string): number => lua.split(/\bfunction\b/).length - 1;

  test("goes to where it is called, whatever becomes of its result", () => {
    const files = {
      "main.ts": `${printing}
        const words: string[] = [];
        function said(word: string): void { if (word === "quiet") return; words.push(word); print(word); }
        function kind(n: number): string { if (n < 0) return "negative"; if (n === 0) return "zero"; let text = "positive"; if (n > 9) { text = "large"; } return text; }
        function first(list: string[], start: string): string | undefined { for (const word of list) { for (const letter of [word.charAt(0)]) if (letter === start) return word; } return undefined; }
        function finish(n: number): string { return kind(n); }
        for (const n of [-1, 0, 5, 50]) { const text = finish(n); said(text); }
        let found: string | undefined = "before";
        for (const start of ["z", "y", "l"]) { found = first(words, start); print(found ?? "none"); }`,
    };
    expect(run(files)).toEqual(["negative", "zero", "positive", "large", "zero", "none", "large"]);
    expect(functions(compile(files).lua.replace(/^-- lualib[^]*?(?=^-- main)/m, ""))).toBe(0);
  });

  test("may be given nothing, and look into it", () => {
    const lines = run({
      "main.ts": `${printing}
        function name(of: { name: string } | undefined): string | undefined { return of?.name; }
        const nobody = name(undefined); print(nobody ?? "nobody");`,
    });
    expect(lines).toEqual(["nobody"]);
  });

  test("keeps its names apart from those around the call", () => {
    const lines = run({
      "main.ts": `${printing}
        const log: string[] = [];
        function inner(text: string): string { const name = text + "!"; let n = name; n += "?"; return n; }
        function outer(name: string, n: string): void { const text = inner(name + n); log.push(text, name, n); }
        outer("a", "b");
        print(log.join(" "));`,
    });
    expect(lines).toEqual(["ab!? a b"]);
  });

  test("evaluates its arguments once and first, and may change them", () => {
    const lines = run({
      "main.ts": `${printing}
        let count = 0;
        function next(): string { count++; return \`\${count}\`; }
        function twice(a: string, b: string, fallback = "none"): string { count = 10; a += a; return a + b + fallback; }
        let mine = "x";
        function change(given: string): void { mine = "y"; print(given + mine); }
        const text = twice(next(), next()); change(mine); print(text); print(next());`,
    });
    expect(lines).toEqual(["xy", "112none", "11"]);
  });

  test("stays where it is when it calls itself, or is called where its variables cannot be seen", () => {
    const lines = run({
      "a.ts": "let calls = 0; const secret = ['s']; export function a(): string { calls++; return secret.join('') + `${calls}`; }",
      "main.ts": `${printing}import { a } from "./a";
        function down(n: number): string { return n === 0 ? "end" : down(n - 1); }
        const text = a(); print(text); const last = down(3); print(last);`,
    });
    expect(lines).toEqual(["s1", "end"]);
  });

  test("gives each round of a loop its own variables", () => {
    const lines = run({
      "main.ts": `${printing}
        const later: (() => void)[] = [];
        function keep(name: string): void { const text = name + "!"; later.push(() => print(text)); }
        for (const name of ["a", "b"]) keep(name);
        for (const call of later) call();`,
    });
    expect(lines).toEqual(["a!", "b!"]);
  });
});

describe("generators", () => {
  const task = `
    export function* pause(name: string): Generator<string, string, void> { yield name; return name + " over"; }
    export function* two(): Generator<string, string, void> { const a = yield* pause("a"); const b = yield* pause("b"); return \`\${a}, \${b}\`; }`;

  test("that are only delegated to run in the coroutine of their caller", () => {
    const files = {
      "task.ts": task,
      "main.ts": `${printing}import { two } from "./task";
        function* whole(): Generator<string, string, void> { return yield* two(); }
        const running = whole();
        for (let step = running.next(); ; step = running.next()) { print(step.value); if (step.done === true) break; }`,
    };
    expect(run(files)).toEqual(["a", "b", "a over, b over"]);
    expect(compile(files).lua).not.toContain("DelegatedYield");
  });

  test("that are only stepped need no iterator, and those that are looped over have one", () => {
    const count = "function* count(): Generator<string, void, void> { yield 'a'; yield 'b'; }";
    const stepped = {
      "main.ts": `${printing}${count} const steps = count(); print(\`\${steps.next().value ?? ""}\`); steps.next(); steps.next(); print(steps.next().done === true ? "over" : "");`,
    };
    expect(run(stepped)).toEqual(["a", "over"]);
    expect(compile(stepped).lua).not.toContain("Symbol");
    expect(run({ "main.ts": `${printing}${count} for (const letter of count()) print(letter);` })).toEqual(["a", "b"]);
  });

  test("that are also stepped by hand stay generators", () => {
    const lines = run({
      "task.ts": task,
      "main.ts": `${printing}import { pause, two } from "./task"; const one = pause("one"); print(one.next().value); const both = two();
        both.next(); both.next(); print(both.next().value);`,
    });
    expect(lines).toEqual(["one", "a over, b over"]);
  });
});

test("an action's texts for people do not reach the device", () => {
  const { lua } = compile({
    "action.ts": "export function defineAction<T>(behaviour: T): T { return behaviour; }",
    "main.ts": `import { defineAction } from "./action"; declare function print(value: object): void;
      const words = { summary: "stays" };
      print(words);
      print(defineAction({ name: "blink", summary: "for people", input: { onTime: { max: 5, unit: "ms", about: "how long" } } }));`,
  });
  expect(lua).toContain("stays");
  expect(lua).toContain("onTime = {max = 5}");
  expect(lua).not.toMatch(/for people|how long|unit|defineAction/);
});
