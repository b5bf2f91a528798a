/**
 * The firmware component `jobsfw`, in C, on this computer: its sources unchanged, with the address and undefined-behaviour sanitizers, then fuzzed.
 * JOBSFW_FUZZ_SECONDS says for how long each target is fuzzed; 2 seconds unless given.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Program } from "./firmware/programs";
import { build, compilers, fuzzers, hasNarrow, libFuzzer, missing, output, seeds, tests, vectors, wrapped } from "./firmware/programs";

const lacking = missing();
if (lacking.length > 0) console.warn(lacking.join("; "));
const seconds = Number(process.env["JOBSFW_FUZZ_SECONDS"] ?? 2);
const limit = 120_000 + seconds * 1000;

/** Whether all that the program needs is here; what is not was said above in one line. */
const canBuild = ({ needs = [] }: Program): boolean => compilers.length > 0 && (needs.length === 0 || lacking.length === 0);

test("what is missing is missing on a developer's computer only", () => {
  expect(process.env["CI"] === undefined ? [] : lacking).toEqual([]);
});

for (const program of tests.filter(canBuild)) {
  const ways = [...compilers.map((compiler) => [compiler]), ...(program.narrow && hasNarrow ? [["gcc", "-m32"]] : [])];
  test.each(ways.map(([compiler = "", ...options]) => ({ compiler, options })))(
    `${program.name}: each sentence holds, built by $compiler $options`,
    async ({ compiler, options }) => {
      const said = (await output(await build(program, compiler, options), vectors)).trim().split("\n");
      expect(said.length).toBeGreaterThan(1);
      for (const line of said) expect(line).toMatch(/^ok /);
    },
    limit,
  );
}

for (const program of fuzzers.filter(canBuild)) {
  test(
    `${program.name}: no input breaks it, by ${libFuzzer === undefined ? "seeded mutation" : "libFuzzer"}`,
    async () => {
      const built =
        libFuzzer === undefined
          ? await build({ ...program, own: [...program.own, "fuzz-driver.c"] }, "gcc")
          : await build(program, libFuzzer, ["-fsanitize=fuzzer"]);
      const said = await output(built, `-max_total_time=${seconds}`, "-seed=20", seeds(program));
      expect(Number(/Done (\d+) runs/.exec(said)?.[1])).toBeGreaterThan(100);
    },
    limit,
  );
}

for (const program of fuzzers.filter((one) => one.name === "options" && canBuild(one))) {
  test(
    "the seeded mutation, which stands in for libFuzzer elsewhere, runs as many inputs as it is told to",
    async () => {
      const built = await build({ ...program, own: [...program.own, "fuzz-driver.c"] }, "gcc");
      expect(await output(built, "-runs=20000", "-max_total_time=60", "-seed=20", seeds(program))).toContain("Done 20000 runs");
    },
    limit,
  );
}

test("each function that the build wraps is one that the component defines, and the other way round", () => {
  const defined = ["wrap_mqtt.c", "wrap_http.c"]
    .flatMap((file) => [
      ...readFileSync(new URL(`../firmware/components/jobsfw/${file}`, import.meta.url), "utf8").matchAll(
        /^\w[\w *]*__wrap_(\w+)\([^;]*\)\n\{/gm,
      ),
    ])
    .map((match) => match[1]);
  expect(defined.sort()).toEqual(wrapped().sort());
});
