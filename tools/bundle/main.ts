/** `make bundle`, `make size` and `make watch`. */
import { relative } from "node:path";
import { agentBundle, createBuilder, root } from "./bundle";
import { describeSizes, measure } from "./size";
import { watchBundle } from "./watch";

const [command = "", ...options] = process.argv.slice(2);

function build(): boolean {
  const built = createBuilder(agentBundle)();
  if (!built.ok) console.error(built.problems.join("\n"));
  return built.ok;
}

switch (command) {
  case "bundle":
    if (!build()) process.exitCode = 1;
    else if (!options.includes("--quiet")) console.log(relative(root, agentBundle.luaFile));
    break;
  case "size":
    if (!build()) process.exitCode = 1;
    else {
      const sizes = measure(agentBundle);
      console.log(options.includes("--json") ? JSON.stringify(sizes) : describeSizes(sizes));
    }
    break;
  case "watch":
    watchBundle(agentBundle, {
      built: (editedAtMs) => console.log(`built ${((performance.now() - editedAtMs) / 1000).toFixed(2)} s after the edit`),
      failed: (problems) => console.error(problems.join("\n")),
    });
    break;
  default:
    console.error("usage: main.ts bundle | size [--json] | watch");
    process.exitCode = 2;
}
