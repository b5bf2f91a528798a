/** `make bundle` and `make size`. */
import { relative } from "node:path";
import { createBuilder } from "./bundle";
import { agentBundle, root } from "./targets";
import { describeSizes, measure } from "./size";

const [command = "", ...options] = process.argv.slice(2);

function build(): boolean {
  const built = createBuilder(agentBundle)();
  if (!built.ok) process.stderr.write(`${built.problems.join("\n")}\n`);
  return built.ok;
}

if (command !== "bundle" && command !== "size") {
  process.stderr.write("usage: main.ts bundle | size [--json]\n");
  process.exitCode = 2;
} else if (!build()) {
  process.exitCode = 1;
} else if (command === "bundle") {
  process.stdout.write(`${relative(root, agentBundle.luaFile)}\n`);
} else {
  const sizes = measure(agentBundle);
  process.stdout.write(`${options.includes("--json") ? JSON.stringify(sizes) : describeSizes(sizes)}\n`);
}
