/** The example of a new action: shown from the files that are compiled and proven, as it would stand in its place. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../bundle/targets";
import { fence } from "./sections";

const textOf = (file: string): string => readFileSync(join(root, file), "utf8");

/** test/docs/pulse.ts as src/actions/pulse.ts: only the way to the other files differs. */
export function exampleAction(): string {
  return fence("ts", textOf("test/docs/pulse.ts").replaceAll('"../../src/actions/', '"./').replaceAll('"../../src/', '"../'));
}

/** Its spec as test/spec/pulse.spec.ts of someone who has put the action into the catalogue. */
export function exampleSpec(): string {
  return fence("ts", textOf("test/spec/pulse.spec.ts").replaceAll('"../docs/pulse"', '"../../src/actions/pulse"'));
}

/** The catalogue with the example in it: the import and the list. */
export function exampleCatalogueLine(): string {
  const list = /^export const actions.*= \[(.*)\];$/m.exec(textOf("src/actions/index.ts"));
  if (list === null) throw new Error("src/actions/index.ts has no list of actions on one line");
  return fence("ts", `import { pulse } from "./pulse";\n\n${list[0].replace("];", ", pulse];")}`);
}
