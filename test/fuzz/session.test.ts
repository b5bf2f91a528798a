/** Many short lives of a device with jobs. `FUZZ_RUNS` lives more of them, `SEED` is the first. */
import { expect, test } from "vitest";
import { onFailure } from "../spec/spec";
import { live, shortest, troubleOf } from "./life";

const first = Number(process.env["SEED"] ?? 1);
const runs = Number(process.env["FUZZ_RUNS"] ?? 300);

onFailure((message) => {
  throw new Error(message);
});

function storyOf(seed: number): string {
  const trouble = shortest(seed, troubleOf(seed));
  const { problems, history } = live(seed, trouble);
  return [
    `seed ${seed}: ${problems.join("; ")}`,
    `again: SEED=${seed} FUZZ_RUNS=1 npx vitest run test/fuzz`,
    "what it takes:",
    ...trouble.map((happening) => `  ${JSON.stringify(happening)}`),
    "what happened:",
    ...history.map((line) => line.replace(/(.)\1{20,}/g, "$1$1$1…").slice(0, 300)),
  ].join("\n");
}

test("whatever happens on the way, every job ends once and truly, and the device stays quiet", { timeout: 10_000 + runs * 100 }, () => {
  for (let seed = first; seed < first + runs; seed++) {
    if (live(seed, troubleOf(seed)).problems.length > 0) expect.fail(storyOf(seed));
  }
});
