/** Runs a file of test vectors for the Jobs MQTT API against a freshly started service over real MQTT: `tsx tools/vectors.ts FILE`. */
import { readFileSync } from "node:fs";
import { readVectors, type Vector } from "./jobs-service/vectors/form";
import { mqttTarget } from "./jobs-service/vectors/mqtt-target";
import { tryVector, type Problem } from "./jobs-service/vectors/run";

/** Test vectors say their own time; those that do not are at this one. */
const defaultNow = 1_700_000_000;

/** The vectors, or one sentence that says why there are none. */
function readFile(path: string | undefined): readonly Vector[] | string {
  if (path === undefined) return "name a file: make vectors FILE=path";
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return `${path} cannot be read: ${(error as Error).message}`;
  }
  const vectors = readVectors(text);
  return typeof vectors === "string" ? `${path} ${vectors}` : vectors;
}

function describe(name: string, { difference, came, wanted }: Problem): string {
  const lines = (messages: readonly string[]): string =>
    messages.length === 0 ? "    (nothing)" : messages.map((line) => `    ${line}`).join("\n");
  return `FAILED ${name}: ${difference}\n  came:\n${lines(came)}\n  wanted:\n${lines(wanted)}\n`;
}

async function main(path: string | undefined): Promise<number> {
  const vectors = readFile(path);
  if (typeof vectors === "string") {
    process.stderr.write(`${vectors}\n`);
    return 2;
  }
  let failed = 0;
  for (const vector of vectors) {
    const target = await mqttTarget(vector.given.now ?? defaultNow);
    const problem = await tryVector(target, vector);
    await target.end();
    if (problem === undefined) continue;
    failed++;
    process.stdout.write(describe(vector.name, problem));
  }
  process.stdout.write(`${vectors.length - failed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv[2]);
