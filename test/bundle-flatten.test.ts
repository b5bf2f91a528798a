/** The bundle as one flat chunk: it does what the modules did. */
import { TraceMap, originalPositionFor } from "@jridgewell/trace-mapping";
import { describe, expect, test } from "vitest";
import { strippedBytes } from "../tools/bundle/fengari";
import { kindsOf, sharesOf } from "../tools/bundle/shares";
import { compile, printing, run } from "./surroundings/small-program";

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

  test("tells which file each byte of it came from", () => {
    const { lua, map } = compile({
      "a.ts": "export function a(): string[] { return 'a b'.split(' '); }",
      "main.ts": 'import { a } from "./a"; declare function print(f: unknown): void; print(a); print(a().length);',
    });
    const shares = sharesOf(lua, map);
    expect(shares.map(({ name }) => name)).toEqual(["lualib", "a.ts", "main.ts"]);
    const total = shares.reduce((sum, share) => sum + share.strippedBytes, 0);
    expect(Math.abs(total - strippedBytes(lua))).toBeLessThan(50); // the head of the file
    const { sentences, words, ...others } = kindsOf(lua);
    expect(sentences).toBe("a b".length + " ".length + 4); // two for each
    expect(Math.abs(Object.values(others).reduce((sum, bytes) => sum + bytes, sentences + words) - total)).toBeLessThan(5); // rounded
  });

  test("leaves out what nobody calls, and types", () => {
    const { lua } = compile({
      "a.ts":
        "export interface A { n: number } export function used(): number { return 1; } export function unused(): number { return 2; }",
      "types.ts": "export interface Only { n: number }",
      "main.ts":
        'import { used } from "./a"; import type { Only } from "./types"; declare function print(o: Only, f: unknown): void; print({ n: used() }, used);',
    });
    expect(lua).toContain("used");
    expect(lua).not.toContain("unused");
    expect(lua).not.toContain("types.ts");
  });
});
