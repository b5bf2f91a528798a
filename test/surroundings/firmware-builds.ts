/** Builds in a simulated clone of NodeMCU, with what a build says. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach } from "vitest";
import { buildFirmware, type BuildRequest } from "../../tools/firmware/build/build";
import { makeClone, type SimulatedClone } from "./nodemcu-clone";

const clones: SimulatedClone[] = [];
afterEach(() => clones.splice(0).forEach((clone) => clone.close()));

/** A clone that is gone after the test. */
export function newClone(options?: Parameters<typeof makeClone>[0]): SimulatedClone {
  const clone = makeClone(options);
  clones.push(clone);
  return clone;
}

export function luaFile(clone: SimulatedClone, name = "agent.lua", text = "print('hello')\n"): string {
  const file = join(clone.out, "..", name);
  writeFileSync(file, text);
  return file;
}

export interface Told {
  readonly said: string[];
  readonly warned: string[];
  readonly progress: string[];
}

export async function build(
  clone: SimulatedClone,
  change: Partial<BuildRequest> = {},
): Promise<Told & { readonly sizes: readonly object[] }> {
  const told: Told = { said: [], warned: [], progress: [] };
  const { sizes } = await buildFirmware({
    nodemcu: clone.path,
    chip: "esp32",
    flash: "4MB",
    version: "1.2.3",
    lua: () => [luaFile(clone)],
    out: clone.out,
    signal: new AbortController().signal,
    say: (sentence) => told.said.push(sentence),
    warn: (sentence) => told.warned.push(sentence),
    progress: (done, of) => told.progress.push(`${done}/${of}`),
    ...change,
  });
  return { ...told, sizes };
}
