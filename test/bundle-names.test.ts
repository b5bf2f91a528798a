/** The names of properties in the bundle: short where they are only ours, and as they are wherever someone else may know them. */
import { describe, expect, test } from "vitest";
import { compile, printing, run } from "./surroundings/small-program";

/** What a program prints whose Lua has some keys, and lacks others. */
function check(source: string, { lines, gone = [], kept = [] }: { lines: string[]; gone?: string[]; kept?: string[] }): void {
  const files = { "main.ts": `${printing}${source}` };
  expect(run(files)).toEqual(lines);
  const keys = compile(files).lua.match(/(?<=\.)\w+|(?<=[{,]\s*(\[")?)\w+(?="?\]? =)/g) ?? [];
  for (const name of gone) expect(keys).not.toContain(name);
  for (const name of kept) expect(keys).toContain(name);
}

describe("become short", () => {
  test("where an object is made, read, changed, taken apart and asked for what may be missing", () => {
    check(
      `/** @noSelf */ interface Lamp { colour: string; readonly brightness?: string | undefined; describe(): string }
      const lamps: Lamp[] = [{ colour: "red", describe() { return "a lamp"; } }];
      function first(): Lamp | undefined { return lamps[0]; }
      lamps.push({ colour: "blue", brightness: "low", describe: () => "another" });
      for (const { colour, brightness, describe } of lamps) print(colour + (brightness ?? "none") + describe());
      const lamp = first(); if (lamp !== undefined) { lamp.colour = "green"; print(lamp.colour); }
      print(first()?.brightness ?? first()?.describe() ?? "nothing");`,
      { lines: ["rednonea lamp", "bluelowanother", "green", "a lamp"], gone: ["colour", "brightness", "describe"] },
    );
  });

  test("but not as another property that is there already", () => {
    check(
      `declare function load(this: void): { a: string }; const outside = (): { a: string } => ({ a: "a" });
      const b: Record<string, string> = { a: "kept" }; const both: { long: string; inner: { a: string } } = { long: "l", inner: outside() };
      print(both.long + both.inner.a + (b["a"] ?? "lost"));`,
      { lines: ["lakept"], gone: ["long", "inner"], kept: ["a"] },
    );
  });
});

describe("stay", () => {
  test("where an object may be looped over, or is asked for a name that a value tells", () => {
    check(
      `const sorted: string[] = []; function names(all: Readonly<Record<string, string>>): void { for (const name in all) sorted.push(name); }
      type Details = { readonly percent: string };
      const details: Details = { percent: "10" }; names(details); print(sorted.join(" "));
      const limits = { tiny: "1", huge: "9" }; function limit(which: keyof typeof limits): string { return limits[which]; } print(limit("tiny") + limit("huge"));
      function member<K extends "left" | "right">(of: { left: string; right: string }, which: K): string { return of[which]; }
      const sides = { left: "l", right: "r" }; print(member(sides, "right") + member(sides, "left"));`,
      { lines: ["percent", "19", "rl"], kept: ["percent", "tiny", "huge", "left", "right"] },
    );
  });

  test("deep inside what is taken for a record, through functions, lists and generic types", () => {
    check(
      `type Tree = { readonly [name: string]: string | Tree | readonly Tree[] };
      function keys(tree: Tree): string { let out = ""; for (const key in tree) { const value = tree[key]; out += key; if (typeof value === "object") { const first = (value as readonly Tree[])[0]; out += keys(first ?? (value as Tree)); } } return out; }
      const deep = { outer: [{ middle: { inmost: "x" } }] }; print(keys(deep));
      type Take = (value: { readonly viaCallback: string }) => string; const take: Take = (value) => value.viaCallback;
      function withTree(use: (tree: Tree) => string): string { return use({ viaCallback: "called" }); }
      const pass = (tree: Tree): string => take(tree as { readonly viaCallback: string }); print(withTree(pass)); print(withTree(pass));
      function declare<F extends Readonly<Record<string, string>>>(fields: { readonly given: F }): string { return keys(fields.given); }
      print(declare({ given: { fromGeneric: "y" } }));`,
      {
        lines: ["outermiddleinmost", "called", "called", "fromGeneric"],
        kept: ["outer", "middle", "inmost", "viaCallback", "fromGeneric"],
        gone: ["given"],
      },
    );
  });

  test("where they are read from what may be anything", () => {
    check(
      `declare function rawget(this: void, table: object, key: string): unknown;
      function parse(name: string): unknown { const made: Record<string, string> = {}; made[name] = "found"; return { made }["made"]; }
      print((parse("message") as { message: string }).message);
      function isPoint(value: unknown): value is { across: string } { return typeof value === "object"; }
      const point = parse("across"); if (isPoint(point)) print(point.across);
      const anything: unknown = { hidden: "h" }; print(\`\${rawget(anything as object, "hidden") as string}\`);`,
      { lines: ["found", "found", "h"], kept: ["message", "across", "hidden"] },
    );
  });

  test("where they are those of the firmware or of Lua, on whichever object", () => {
    check(
      `interface Texts { upper(this: void, text: string): string } declare const string: Texts;
      declare function setmetatable(this: void, table: object, meta: { readonly __index: object }): { readonly absent: string };
      const shout = { upper: (text: string): string => text + "!", quiet: "q" };
      for (const say of [shout]) print(string.upper("a") + say.upper("b") + say.quiet);
      print(setmetatable({}, { __index: { absent: "present" } }).absent);`,
      { lines: ["Ab!q", "present"], kept: ["upper", "__index"], gone: ["quiet"] },
    );
  });

  test("what the bundle gives to who loads it", () => {
    const { lua } = compile({
      "main.ts": "const part = { answer: 42 }; export const answer = part; export const other = { answer: [part] };",
    });
    expect(lua).toMatch(/return \{.*answer = .*other = /);
  });
});

test("names that types do not tell are refused, with the place", () => {
  const { problems } = compile({
    "main.ts":
      "function member<T, K extends keyof T>(of: T, name: K): T[K] { return of[name]; } member({ a: 1 }, 'a'); member({ b: 1 }, 'b');",
  });
  expect(problems).toEqual([expect.stringMatching(/main\.ts:1: a type parameter does not tell which names are used here$/)]);
});
