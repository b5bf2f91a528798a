/** esp32-jobs provision: a thing, its certificate and policy, and the files that a board or an agent reads. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { openCloud, withCloudOptions, type CloudOptions } from "./cloud";
import { CommandFailed } from "./failing";
import { printJson } from "./output";

interface ProvisionOptions extends CloudOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/** The settings that stay as the folder holds them, such as the Wi-Fi's name and password. */
function settingsIn(folder: string): Record<string, unknown> {
  const file = join(folder, "settings.json");
  if (!existsSync(file)) return {};
  try {
    const settings = Object.entries(JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>);
    return Object.fromEntries(settings.filter(([name]) => !["thingName", "endpoint", "port"].includes(name)));
  } catch {
    throw new CommandFailed(`${file} is not JSON: mend it or take it away`);
  }
}

async function provision(thingName: string, options: ProvisionOptions): Promise<void> {
  const { enrol } = await import("./enrol");
  const cloud = await openCloud(options);
  const folder = options.out ?? thingName.replaceAll(":", "%3A");
  const files = await enrol(cloud, thingName, settingsIn(folder));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, contents] of Object.entries(files)) writeFileSync(join(folder, name), contents, { mode: 0o600 });
  const { endpoint, port } = JSON.parse(files["settings.json"] ?? "{}") as { endpoint: string; port: number };
  if (options.json === true) return printJson({ thingName, endpoint, port, folder, files: Object.keys(files) });
  process.stdout.write(`${thingName} connects to ${endpoint}:${port} with the files in ${folder}: ${Object.keys(files).join(", ")}\n`);
  process.stdout.write(`key.pem is its private key: keep it. Run it here with: esp32-jobs agent --identity ${folder}\n`);
}

/** The `provision` command. */
export function provisionCommand(): Command {
  return withCloudOptions(new Command("provision"))
    .description("make a thing with key, certificate and the smallest policy, and write the files of its identity")
    .argument("<thing>", "its thing name")
    .option("--out <folder>", "write the files here (default: a folder of the thing's name)")
    .option("--json", "print JSON: thingName, endpoint, port, folder, files")
    .addHelpText(
      "after",
      "\nExample:\n  $ esp32-jobs provision lamp-07 --out lamp-07\n  $ esp32-jobs provision lamp-07 --aws --region eu-west-1",
    )
    .action(provision);
}
