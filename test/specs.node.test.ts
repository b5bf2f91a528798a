/** Every spec under Node. */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { specs } from "./spec/index";
import { onFailure } from "./spec/spec";

onFailure((message) => {
  const error = new Error(message);
  // The place to show is the line that calls equal() or ok().
  error.stack = (error.stack ?? "").replace(/\n[^\n]*(specs\.node\.test|\/spec\/spec)\.ts[^\n]*/g, "");
  throw error;
});

for (const [file, spec] of Object.entries(specs)) {
  describe(file, () => {
    for (const [sentence, prove] of Object.entries(spec)) test(sentence, () => prove());
  });
}

test("every spec file is in the list, under its own name, and says something", () => {
  const files = readdirSync(new URL("spec", import.meta.url))
    .filter((name) => name.endsWith(".spec.ts"))
    .map((name) => name.replace(".spec.ts", ""));
  expect(Object.keys(specs).sort()).toEqual(files.sort());
  for (const spec of Object.values(specs)) expect(Object.keys(spec)).not.toEqual([]);
});
