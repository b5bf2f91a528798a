/** The outcome of every spec in a Lua machine as tests of their own. */
import { expect, test } from "vitest";
import type { LuaTarget } from "../../tools/bundle/targets";
import { problemsOfLastBuild } from "../../tools/bundle/targets";
import { createLineMapper } from "../../tools/bundle/source-lines";
import { specs } from "../spec/index";

/** Reads what test/spec/run-lua.ts prints: the reason by file and sentence, undefined where the spec held. */
function readResults(lines: readonly string[]): Map<string, string | undefined> {
  return new Map(
    lines.map((line) => {
      const [verdict, file, sentence, reason] = line.split("\t");
      return [`${file}: ${sentence}`, verdict === "ok" ? undefined : (reason ?? line).replaceAll("\\n", "\n")];
    }),
  );
}

/** Registers one test for each sentence. `run` gives the printed lines; it is called once, by the first test. */
export function testsFromLua(machine: string, target: LuaTarget, run: () => readonly string[]): void {
  const problems = problemsOfLastBuild(target);
  if (problems !== "") {
    test(`${machine}: has the specs as Lua`, () => expect.fail(problems));
    return;
  }
  let results: Map<string, string | undefined> | undefined;
  const known = (): Map<string, string | undefined> => (results ??= readResults(run()));
  const sentences = Object.entries(specs).flatMap(([file, spec]) => Object.keys(spec).map((sentence) => `${file}: ${sentence}`));

  test.each(sentences)(`${machine}: %s`, (sentence) => {
    expect([...known().keys()], "the machine ran this spec").toContain(sentence);
    const reason = known().get(sentence);
    if (reason === undefined) return;
    const [message, ...trace] = createLineMapper(target.luaFile)(reason).split("\n");
    const calls = trace.filter((line) => line.includes(".ts:") && !/test\/spec\/(spec|run-lua)\.ts/.test(line)).map((line) => line.trim());
    expect.fail(calls.length > 1 ? `${message}, called from ${calls.join(", ")}` : message);
  });

  test(`${machine}: ran no spec that Node does not know`, () => {
    expect([...known().keys()].sort()).toEqual([...sentences].sort());
  });
}
