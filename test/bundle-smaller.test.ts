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

  test("stays where it is when it calls itself, and takes the variables of its file along to another", () => {
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

describe("a call inside a statement", () => {
  test("of a function that is called once gives its value to the statement, when it comes first", () => {
    const files = {
      "main.ts": `${printing}
        const words = ["a", "b"];
        function has(word: string): boolean { for (const one of words) { if (one === word) return true; } return false; }
        function size(list: string[]): string { let text = ""; for (const one of list) text += one; return text; }
        function mark(word: string): string { words.push(word); return word; }
        for (const word of ["b", "c"]) { if (word === "x") print("x"); else if (!has(word)) print("not " + word); else print(word); }
        print([size(words), "end"].join(" ")); print(mark("c") + size([...words].slice(2)));`,
    };
    expect(run(files)).toEqual(["b", "not c", "ab end", "cc"]);
    expect(compile(files).lua).not.toMatch(/\bhas\b|\bmark\b/);
  });

  test("stays where it is when something else comes before it, or when it may not be made at all", () => {
    const lines = run({
      "main.ts": `${printing}
        let n = 0;
        function first(): string { n++; return \`\${n}\`; }
        function second(): string { n = n * 10; if (n > 5) { return \`\${n}\`; } return "small"; }
        function never(): boolean { print("called"); return true; }
        const again = [first(), first()]; print(again.join(" "));
        print(\`\${n} \` + second());
        if (n < 0 && never()) print("wrong");
        let rounds = 0; function more(): boolean { rounds++; return rounds < 3; } while (more()) print("round");`,
    });
    expect(lines).toEqual(["1 2", "2 20", "round", "round"]);
  });
});

describe("a table that nobody holds as a whole", () => {
  test("becomes variables, also when it changes, lacks a field, or is made in one place and used in another", () => {
    const files = {
      "main.ts": `${printing}
        /** @noSelf */ interface Adder { add(by: string): void; text(): string }
        /** @noSelf */ interface Counter { n: number; last?: string; add(by: string): void; text(): string }
        function create(start: number): Adder {
          const state: Counter = { n: start, add(by) { state.n++; state.last = by; }, text: () => \`\${state.n} \${state.last ?? "nobody"}\` };
          return { add: state.add, text: state.text };
        }
        const counter = create(4);
        print(counter.text()); counter.add("me"); print(counter.text());`,
    };
    expect(run(files)).toEqual(["4 nobody", "5 me"]);
    expect(compile(files).lua).not.toContain("{");
  });

  test("stays a table where it is passed on, has computed keys, or is made again", () => {
    const lines = run({
      "main.ts": `${printing}
        const passed = { a: "a" }; const list = [passed]; passed.a = "b"; print(list[0]?.a ?? "lost");
        const keyed: Record<string, string> = { a: "a" }; const key = passed.a + ""; keyed[key] = "k"; print(keyed["b"] ?? "lost");
        let again = { a: "1" }; print(again.a); again = { a: "2" }; print(again.a);
        const later: (() => string)[] = []; for (const n of ["x", "y"]) { const own = { n }; later.push(() => own.n); } for (const get of later) print(get());`,
    });
    expect(lines).toEqual(["b", "k", "1", "2", "x", "y"]);
  });

  test("begins anew each time it is made", () => {
    const lines = run({
      "main.ts": `${printing}
        interface Seen { first: string; more?: string }
        let seen: Seen;
        for (const word of ["a", "b"]) { seen = { first: word }; print(seen.more ?? "nothing more"); seen.more = word; print(seen.first + seen.more); }`,
    });
    expect(lines).toEqual(["nothing more", "aa", "nothing more", "bb"]);
  });

  test("keeps a function away from where what it needs is not known", () => {
    const lines = run({
      "main.ts": `${printing}
        function clock(start: number): { now(): number; step(): void } { let nowMs = start; return { now: () => nowMs, step() { nowMs += 1; } }; }
        const one = clock(1); const two = clock(5); one.step(); two.step(); print(\`\${one.now()} \${two.now()}\`);`,
    });
    expect(lines).toEqual(["2 6"]);
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
