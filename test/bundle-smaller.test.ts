/** What the flat bundle does with less: it behaves as the sources say, and the Lua lacks what it is to lack. */
import { describe, expect, test } from "vitest";
import { strippedBytes } from "../tools/bundle/fengari";
import { compile, printing, run } from "./surroundings/small-program";

describe("what is written", () => {
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

  test("calls a text's own functions as its methods, whatever kind of expression the text is", () => {
    const files = {
      "main.ts": `${printing}
        const words = ["Lamp", "Fan"];
        for (const word of words) print(word.toLowerCase() + (word + "!").toUpperCase() + "literal".substring(0, 3) + (words[0] ?? "").slice(-1));`,
    };
    expect(run(files)).toEqual(["lampLAMP!litp", "fanFAN!litp"]);
    expect(compile(files).lua.replace(/^-- lualib[^]*?(?=^-- main)/m, "")).not.toContain("string.");
  });

  test("does not say that a field is nil, and keeps the places of a list", () => {
    const files = {
      "main.ts": `${printing} interface A { a: string | undefined; b: string | undefined } const all: A[] = [{ a: undefined, b: "b" }, { a: "a", b: undefined }];
        for (const one of all) print((one.a ?? "none") + (one.b ?? "none")); const none: string | undefined = all[0]?.a; const list = [none, "second"]; print(list[1] ?? "lost");`,
    };
    expect(run(files)).toEqual(["noneb", "anone", "second"]);
    expect(compile(files).lua).not.toMatch(/[ab] = nil/);
  });

  test("returns nothing instead of nil, also where a caller's caller takes it for an argument", () => {
    const files = {
      "main.ts": `declare function tostring(this: void, value: unknown): string; ${printing}
        function even(n: number): string | undefined { if (n === 0) { return "even"; } else { if (n < 0) return undefined; return even(n - 2); } }
        for (const n of [2, 3]) { print(tostring(even(n))); } const both = [even(4), even(5), even(6)]; print(both[2] ?? "none");`,
    };
    expect(run(files)).toEqual(["even", "nil", "even"]);
    expect(compile(files).lua).not.toMatch(/return nil|else/);
  });

  test("names a global once where many functions use it, and always where the program sets it", () => {
    const functions = Array.from(
      { length: 9 },
      (_, n) => `const f${n} = (): void => { print(level); if (level === "${n}") level = "x"; };`,
    );
    const files = {
      "main.ts": `declare function print(this: void, text: string | undefined): void; declare let level: string | undefined; export {};
        ${functions.join(" ")} const all = [${functions.map((_, n) => `f${n}`).join(", ")}]; level = "8"; for (const one of all) one(); print(level);`,
    };
    expect(run(files)).toEqual([..."888888888"].concat("x"));
    const { lua } = compile(files);
    expect(lua).toMatch(/^local print = print$/m);
    expect(lua).not.toMatch(/local level/);
  });

  test("is smaller than it was as modules", () => {
    const small = compile({
      "a.ts": "export function a(): number { return 1; }",
      "main.ts": 'import { a } from "./a"; declare function print(n: number): void; print(a());',
    });
    expect(strippedBytes(small.lua)).toBeLessThan(300);
  });
});

describe("the library", () => {
  test("is as good in its short form: pieces of a text from either end, letters past its end, and lists from it", () => {
    const lines = run({
      "main.ts": `${printing}
        const text = "a,bc,,d"; const places = [0, 2, -1, -3, 9];
        for (const from of places) { let line = text.slice(from); for (const to of places) line += "|" + text.slice(from, to); print(line); }
        print(text.split(",").join(" ") + "".split(",").join("x") + text.split(", ").join("y"));
        for (const at of [0, 6, 7, -1]) { const code = text.charCodeAt(at); print(code === code ? \`\${code}\` : "none"); }`,
    });
    const text = "a,bc,,d";
    const places = [0, 2, -1, -3, 9];
    expect(lines).toEqual([
      ...places.map((from) => [text.slice(from), ...places.map((to) => text.slice(from, to))].join("|")),
      "a bc  da,bc,,d",
      ...["97", "100", "none", "none"],
    ]);
  });

  test("hands the first arguments and later values to a generator, and its errors to whoever steps it", () => {
    const lines = run({
      "main.ts": `${printing} declare function pcall(this: void, call: () => void): LuaMultiReturn<[boolean, string]>; declare type LuaMultiReturn<T extends unknown[]> = T & { readonly __tstlMultiReturn: unknown };
        function* add(a: string, b: string | undefined, c: string): Generator<string, string, string> { const d = yield a + (b ?? "none"); if (d === "") throw "broken"; return c + d; }
        const one = add("a", undefined, "c"); print(one.next("lost").value); print(one.next("d").value); print(one.next("e").value ?? "over");
        const two = add("a", "b", "c"); print(two.next("").value); const [, problem] = pcall(() => { two.next(""); }); print(problem);`,
    });
    expect(lines).toEqual(["anone", "cd", "over", "ab", "broken"]);
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
