/** What the flat bundle moves: functions to where they are called, and fields out of their tables. It behaves as the sources say. */
import { describe, expect, test } from "vitest";
import { compile, printing, run } from "./surroundings/small-program";

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

  test("leaves from where it stands, also when what it calls went there later", () => {
    const lines = run({
      "main.ts": `${printing}
        const tool = { check(this: void, n: number): string { if (n > 8) return "large"; const text = \`\${n}\`; return text + "."; } };
        function name(n: number): string { if (n < 0) return "negative"; const text = tool.check(n); const long = text + text; return long; }
        for (const n of [-1, 5, 9]) { const text = name(n); print(text); }`,
    });
    expect(lines).toEqual(["negative", "5.5.", "largelarge"]);
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

describe("a small function that is called a few times", () => {
  const small = `
    function sign(n: number): string { if (n < 0) return "-"; return "+"; }
    for (const n of [-1, 1]) { const one = sign(n); const other = sign(-n); print(one + other); }`;

  test("goes to each of these places", () => {
    const files = { "main.ts": `${printing}${small}` };
    expect(run(files)).toEqual(["-+", "+-"]);
    expect(compile(files).lua).not.toContain("function");
  });

  test("may change its arguments, share what is around it, and call another such function", () => {
    const lines = run({
      "a.ts": "let calls = 0; export function count(by: number): number { calls += by; return calls; }",
      "main.ts": `${printing}import { count } from "./a";
        function twice(n: number): number { n += n; const sum = count(n); return sum; }
        const a = twice(1); const b = twice(2); const c = count(1); print(\`\${a} \${b} \${c}\`);`,
    });
    expect(lines).toEqual(["2 6 7"]);
  });

  test("stays one function where a call of it cannot give way, or it is used otherwise", () => {
    const loop = { "main.ts": `${printing}${small} let n = -2; while (sign(n) === "-") n++; print(\`\${n}\`);` };
    expect(run(loop)).toEqual(["-+", "+-", "0"]);
    expect(compile(loop).lua.match(/function/g)).toHaveLength(1);
    const value = {
      "main.ts": `${printing}${small} const signs: ((n: number) => string)[] = [sign]; for (const one of signs) print(one(-1));`,
    };
    expect(run(value)).toEqual(["-+", "+-", "-"]);
    expect(compile(value).lua.match(/function sign/g)).toHaveLength(1);
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
