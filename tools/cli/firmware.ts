/** esp32-jobs firmware …: our firmware, built out of your clone of NodeMCU. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { Command, Option } from "commander";
import pc from "../colour";
import { agentBundle, root } from "../bundle/targets";
import type { FlashSize } from "../firmware/build/build";
import { chips, type ChipName } from "../firmware/chips";
import { printJson } from "./output";
import { progressLine } from "./progress";
import { untilStopped } from "./stopping";

interface BuildOptions {
  readonly nodemcu?: string;
  readonly chip: ChipName;
  readonly flash: FlashSize;
  readonly imageVersion?: string;
  readonly out: string;
  readonly json?: boolean;
}

/** The project's version and, in a git tree, its commit: images of different sources must not have the same version. */
function versionOfProject(): string {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const { status, stdout } = spawnSync("git", ["-C", root, "describe", "--always", "--dirty", "--exclude=*"], { encoding: "utf8" });
  return status === 0 ? `${version}+${stdout.trim()}` : version;
}

async function build(options: BuildOptions): Promise<void> {
  const { buildFirmware } = await import("../firmware/build/build");
  const { readBundle } = await import("./virtual-board");
  const stopped = new AbortController();
  void untilStopped().then(() => stopped.abort());
  const isSilent = options.json === true;
  const { manifest, sizes } = await buildFirmware({
    nodemcu: options.nodemcu,
    chip: options.chip,
    flash: options.flash,
    version: options.imageVersion ?? versionOfProject(),
    lua: () => {
      readBundle();
      return [join(root, "firmware/init.lua"), agentBundle.luaFile];
    },
    out: resolve(options.out),
    signal: stopped.signal,
    say: (sentence) => isSilent || process.stderr.write(`${sentence}\n`),
    warn: (sentence) => process.stderr.write(`${pc.yellow("warning:")} ${sentence}\n`),
    progress: isSilent ? () => undefined : progressLine(),
  });
  if (isSilent) return printJson({ ...manifest, out: options.out, sizes });
  const rows = sizes.map(
    ({ name, bytes, limitBytes }) =>
      `  ${name.padEnd(16)}${`${bytes}`.padStart(9)} of ${limitBytes}, ${Math.round((100 * bytes) / limitBytes)} %`,
  );
  process.stdout.write(
    `${pc.green(`${String(manifest["version"])} for ${options.chip} is in ${options.out}`)}\n${rows.join("\n")}\nFlash it with: make flash PORT=/dev/ttyUSB0\n`,
  );
}

/** The `firmware` command. */
export function firmwareCommand(): Command {
  const firmware = new Command("firmware")
    .description("build our firmware out of your clone of NodeMCU")
    .addHelpText("after", "\nExample:\n  $ esp32-jobs firmware build --nodemcu ../nodemcu");
  firmware
    .command("build")
    .description("build; your clone is afterwards as it was before. Ctrl-C ends it in good order")
    .option("--nodemcu <folder>", "your clone of NodeMCU, branch dev-esp32")
    .addOption(new Option("--chip <name>", "for which chip").choices(Object.keys(chips)).default("esp32"))
    .addOption(new Option("--flash <size>", "how much flash the boards have").choices(["4MB", "8MB", "16MB"]).default("4MB"))
    .option("--image-version <text>", "the version that the image says it is (default: this project's, with its commit)")
    .option(
      "--out <folder>",
      "where images, flash_args, manifest.json and build.log go",
      relative(process.cwd(), join(root, "build/firmware")),
    )
    .option("--json", "print one line of JSON: the manifest, out, sizes")
    .addHelpText("after", "\nExample:\n  $ esp32-jobs firmware build --nodemcu ../nodemcu --chip esp32c3 --image-version 1.0.0")
    .action(build);
  return firmware;
}
