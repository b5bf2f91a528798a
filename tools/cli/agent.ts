/** esp32-jobs agent: the agent as a Node.js process, against the running service or any endpoint. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import pc from "../colour";
import { WrongUsage } from "./failing";
import { printJson } from "./output";
import { openCloud, withCloudOptions, type CloudOptions } from "./cloud";
import { occupy, thingPlace } from "./place";
import { untilStopped } from "./stopping";

interface AgentOptions extends CloudOptions {
  readonly thing?: string;
  readonly identity?: string;
  readonly json?: boolean;
}

async function folderOf(options: AgentOptions): Promise<string> {
  if (options.identity !== undefined) return options.identity;
  if (options.thing === undefined) throw new WrongUsage("name a thing with --thing, or a folder with its identity with --identity");
  const { enrol } = await import("./enrol");
  const cloud = await openCloud(options);
  const folder = thingPlace(cloud.place, options.thing);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, contents] of Object.entries(await enrol(cloud, options.thing)))
    writeFileSync(join(folder, name), contents, { mode: 0o600 });
  return folder;
}

async function run(options: AgentOptions): Promise<void> {
  const dir = await folderOf(options);
  occupy(dir);
  const stop = new AbortController();
  void untilStopped().then(() => stop.abort());
  const { runNodeAgent } = await import("../../src/platform/node/main");
  await runNodeAgent({
    dir,
    signal: stop.signal,
    log: (line) => (options.json === true ? printJson({ line }) : process.stdout.write(`${line}\n`)),
    onPin: (pin, level) =>
      options.json === true
        ? printJson({ pin, level })
        : process.stdout.write(`${pc.yellow(`pin ${pin} ${level === 1 ? "on" : "off"}`)}\n`),
  });
}

/** The `agent` command. */
export function agentCommand(): Command {
  return withCloudOptions(new Command("agent"))
    .description("run the agent as a Node.js process; Ctrl-C ends it")
    .option("--thing <name>", "a thing of the service that `up` started, or of AWS IoT Core; it is created where it is missing")
    .option("--identity <folder>", "a folder with settings.json, ca.pem, cert.pem and key.pem, for any endpoint")
    .option("--json", "print each console line and pin edge as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ esp32-jobs agent --thing desk-01\n  $ esp32-jobs agent --identity ~/certificates/desk-01     (any endpoint)",
    )
    .action(run);
}
