/** Our own lint rule, and that the subset really is held where sources become Lua. */
import { ESLint, RuleTester } from "eslint";
import type { Rule } from "eslint";
import tseslint from "typescript-eslint";
import { describe, expect, test } from "vitest";
import { root } from "../tools/bundle/targets";

const rulePath = new URL("../tools/lint/no-self-interfaces.mjs", import.meta.url).href;
const { noSelfInterfaces } = (await import(rulePath)) as { noSelfInterfaces: Rule.RuleModule };

RuleTester.describe = describe;
RuleTester.it = test;

new RuleTester({ languageOptions: { parser: tseslint.parser } }).run("no-self-interfaces", noSelfInterfaces, {
  valid: [
    "/** @noSelf */\ninterface Clock { after(ms: number): void }",
    "/** Time. */\n/** @noSelf */\nexport interface Clock { readonly after: (ms: number) => void }",
    "interface Settings { readonly port: number }",
  ],
  invalid: [
    { code: "interface Clock { after(ms: number): void }", errors: [{ messageId: "missing" }] },
    { code: "export interface Clock { readonly fire: (() => void) | undefined }", errors: [{ messageId: "missing" }] },
    // TypeScript reads the tags of the last comment only.
    { code: "/** @noSelf */\n/** Time. */\nexport interface Clock { after(ms: number): void }", errors: [{ messageId: "missing" }] },
  ],
});

describe("the subset", () => {
  const strict = [
    "src/agent.ts",
    "src/jobs/session.ts",
    "src/actions/blink.ts",
    "src/ota/install.ts",
    "src/portable/keys.ts",
    "test/spec/virtual-clock.ts",
  ];

  test.each(strict)("is held in %s", async (file) => {
    const { rules } = (await new ESLint({ cwd: root }).calculateConfigForFile(file)) as { rules: Record<string, [number, ...unknown[]]> };
    expect(rules["no-bitwise"]).toEqual([2, expect.anything()]);
    expect(JSON.stringify(rules["no-restricted-globals"])).toContain("JSON");
    expect(JSON.stringify(rules["no-restricted-syntax"])).toContain("quotient()");
    expect(rules["esp32-jobs/no-self-interfaces"]).toEqual([2]);
  });

  // Each of these runs under Node, and comes out different in Lua.
  const hazards: readonly (readonly [string, string])[] = [
    ["a number as a condition", "export const f = (n: number): boolean => (n ? true : false);"],
    ["a division", "export const f = (n: number): number => n / 2;"],
    ["a number in a text", "export const f = (n: number): string => `${n}`;"],
    ["null", "export const f = (): null => null;"],
    ["the order of keys", "export const f = (o: object): void => { for (const k in o) f({ k }); };"],
    ["a regular expression", "export const f = (s: string): boolean => /a/.test(s);"],
    ["a promise", "export const f = async (): Promise<void> => undefined;"],
    ["a bit shift", "export const f = (n: number): number => n >>> 1;"],
  ];

  test("refuses what differs between JavaScript and Lua", { timeout: 60_000 }, async () => {
    // In CI the parser would take the types from the file on disk, which is not the text that is given here.
    const overrideConfig = { languageOptions: { parserOptions: { disallowAutomaticSingleRunInference: true } } };
    const eslint = new ESLint({ cwd: root, overrideConfig });
    for (const [what, code] of hazards) {
      const [result] = await eslint.lintText(`${code}\n`, { filePath: "src/portable/backoff.ts" });
      expect(result?.errorCount, what).toBeGreaterThan(0);
    }
    const [result] = await eslint.lintText("export const f = (n: number): number => n + 1;\n", { filePath: "src/portable/backoff.ts" });
    expect(result?.messages).toEqual([]);
  });
});
