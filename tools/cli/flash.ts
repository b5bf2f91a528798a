/** esp32-jobs flash: a built firmware and an identity onto a board, through its serial port. */
import { join, relative } from "node:path";
import { Command } from "commander";
import pc from "../colour";
import { root } from "../bundle/targets";
import type { FlashPlan } from "../firmware/flash-plan";
import { isUsbPort, systemBinding } from "../firmware/serial-binding";
import { WrongUsage } from "./failing";
import { wholeNumber } from "./numbers";
import { printJson } from "./output";
import { untilStopped } from "./stopping";

interface FlashCommandOptions {
  readonly port?: string;
  readonly from: string;
  readonly identity?: string;
  readonly baud: number;
  readonly erase?: boolean;
  readonly withEsptool?: boolean;
  readonly json?: boolean;
}

/** The port that was named; refuses to guess, and says which there are. */
export async function portOf(named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const usb = (await (await systemBinding()).list()).filter(isUsbPort);
  throw new WrongUsage(
    usb.length === 0
      ? "name the board's port with --port, such as /dev/ttyUSB0; no USB serial port is there now"
      : `name the board's port with --port: ${usb.map(({ path, manufacturer }) => `${path}${manufacturer === undefined ? "" : ` (${manufacturer})`}`).join(", ")}`,
  );
}

/** Progress as one line that is written again and again on a terminal, and as a line for each piece elsewhere. */
function progressLine(isSilent: boolean): { say(sentence: string): void; percent(percent: number): void } {
  const isTerminal = process.stdout.isTTY && !isSilent;
  let last = "";
  return {
    say(sentence) {
      if (isTerminal && last.startsWith("Writing")) process.stdout.write(`\r\x1b[K${last} ${pc.green("done")}\n`);
      last = sentence;
      if (isTerminal && sentence.startsWith("Writing")) process.stdout.write(sentence);
      else if (!isSilent && sentence !== "") process.stdout.write(`${sentence}\n`);
    },
    percent(percent) {
      if (isTerminal) process.stdout.write(`\r\x1b[K${last} ${pc.dim(`${percent} %`)}`);
    },
  };
}

async function withEsptoolJs(plan: FlashPlan, path: string, options: FlashCommandOptions): Promise<Record<string, unknown>> {
  const { flashBoard } = await import("../firmware/flash-board");
  const stopped = new AbortController();
  void untilStopped().then(() => stopped.abort());
  const line = progressLine(options.json === true);
  try {
    const done = await flashBoard(plan, {
      binding: await systemBinding(),
      path,
      baudRate: options.baud,
      eraseAll: options.erase === true,
      signal: stopped.signal,
      say: line.say,
      progress: ({ percent }) => line.percent(percent),
    });
    line.say("");
    return { ...done };
  } catch (error) {
    if (process.stdout.isTTY && options.json !== true) process.stdout.write("\n");
    throw error;
  }
}

async function withOwnEsptool(plan: FlashPlan, path: string, options: FlashCommandOptions): Promise<Record<string, unknown>> {
  const { flashWithEsptool } = await import("../firmware/esptool");
  // Ctrl-C reaches esptool, too: it ends, and so does this.
  void untilStopped();
  await flashWithEsptool(plan, { path, baudRate: options.baud, eraseAll: options.erase === true, quiet: options.json === true });
  return { wasReset: true };
}

async function flash(options: FlashCommandOptions): Promise<void> {
  const startedAt = Date.now();
  // First: whoever names none is told which there are, also without a build.
  const path = await portOf(options.port);
  const { planFlash } = await import("../firmware/flash-plan");
  const plan = planFlash({ from: options.from, ...(options.identity === undefined ? {} : { identity: options.identity }) });
  const done = await (options.withEsptool === true ? withOwnEsptool : withEsptoolJs)(plan, path, options);
  const parts = plan.parts.map(({ name, offset, bytes }) => ({ name, offset, sizeBytes: bytes.length }));
  const durationMs = Date.now() - startedAt;
  if (options.json === true) return printJson({ port: path, project: plan.project, version: plan.version, parts, ...done, durationMs });
  const identity = plan.identity === undefined ? " It keeps the identity it has." : "";
  const next = done["wasReset"] === true ? "It starts now" : "Press its EN (or RST) button to start it";
  process.stdout.write(
    `${pc.green(`${plan.project} ${plan.version} is on the board`)}, compared, after ${Math.round(durationMs / 1000)} s.${identity}\n` +
      `${next}; watch it with: esp32-jobs monitor --port ${path}\n`,
  );
}

/** The `flash` command. */
export function flashCommand(): Command {
  const built = relative(process.cwd(), join(root, "build/firmware"));
  return new Command("flash")
    .description("write a built firmware, and an identity, to a board; needs no Python. Ctrl-C ends it in good order")
    .option("--port <path>", "the board's serial port")
    .option("--from <folder>", "what `make firmware` left: flash_args, manifest.json, images", built)
    .option("--identity <file>", "the board's identity: an image for its NVS partition (default: it keeps what it has)")
    .option("--baud <number>", "how fast, once connected", wholeNumber, 460800)
    .option("--erase", "erase the whole flash first: files and settings on the board go, too")
    .option("--with-esptool", "use the esptool that is installed here")
    .option("--json", "print one line of JSON when done: port, project, version, parts, chip, mac, wasReset, durationMs")
    .addHelpText("after", "\nExample:\n  $ esp32-jobs flash --port /dev/ttyUSB0 --identity lamp-01.nvs.bin")
    .action(flash);
}
