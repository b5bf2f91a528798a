/** Before any test: the Lua that tests run is made from the sources as they are now. */
import { buildIfStale } from "../bundle/bundle";
import { agentBundle, specBundle } from "../bundle/targets";

/** Does not stop the run when a bundle has a problem: then there is no bundle, and test/bundle.test.ts fails with the reason. */
export function setup(): void {
  for (const target of [agentBundle, specBundle]) {
    const built = buildIfStale(target);
    if (!built.ok) process.stderr.write(`${target.luaFile} was not built:\n  ${built.problems.join("\n  ")}\n`);
  }
}
