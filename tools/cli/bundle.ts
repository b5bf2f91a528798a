/** esp32-jobs bundle: compile the sources to the Lua file that boards run. */
import { copyFileSync } from "node:fs";
import { Command } from "commander";
import { agentBundle } from "../bundle/targets";
import { CommandFailed } from "./failing";
import { printJson } from "./output";

async function bundle(options: { readonly out?: string; readonly json?: boolean }): Promise<void> {
  const { createBuilder } = await import("../bundle/bundle");
  const built = createBuilder(agentBundle)();
  if (!built.ok) throw new CommandFailed(`the bundle cannot be built:\n${built.problems.join("\n")}`);
  const file = options.out ?? agentBundle.luaFile;
  if (options.out !== undefined) copyFileSync(agentBundle.luaFile, options.out);
  if (options.json === true) printJson({ file, sizeBytes: built.sizeBytes });
  else process.stdout.write(`${file}  ${built.sizeBytes} bytes\n`);
}

/** The `bundle` command. */
export function bundleCommand(): Command {
  return new Command("bundle")
    .description("compile the sources to agent.lua, the file that boards run")
    .option("--out <file>", "put a copy here")
    .option("--json", "print JSON: file, sizeBytes")
    .addHelpText("after", "\nExample:\n  $ esp32-jobs bundle --out agent.lua")
    .action(bundle);
}
