/** esp32-jobs monitor: a board's console, with the time of each line and Lua errors shown as lines of TypeScript. */
import { existsSync } from "node:fs";
import { relative } from "node:path";
import { Command } from "commander";
import pc from "../colour";
import { agentBundle } from "../bundle/targets";
import { createConsoleText, type ConsoleText } from "../firmware/console-text";
import { systemBinding } from "../firmware/serial-binding";
import { systemTime } from "../time";
import { portOf } from "./flash";
import { wholeNumber } from "./numbers";
import { printJson } from "./output";
import { untilStopped } from "./stopping";

interface MonitorCommandOptions {
  readonly port?: string;
  readonly baud: number;
  readonly bundle: string;
  readonly reset?: boolean;
  readonly json?: boolean;
}

const ctrlC = 0x03;
const ctrlBracket = 0x1d;
const controls = /\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]/g;

/** Hours to milliseconds where the person is. */
function clockTime(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number): string => `${value}`.padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${`${at.getMilliseconds()}`.padStart(3, "0")}`;
}

async function lineMapper(bundle: string): Promise<(text: string) => string> {
  if (existsSync(`${bundle}.map`)) return (await import("../bundle/source-lines")).createLineMapper(bundle);
  process.stderr.write(`There is no ${bundle}.map: errors are shown with lines of Lua.\n`);
  return (text) => text;
}

/** Shows text for a person: each line once, with its time, also when it comes in pieces. */
function forPerson(map: (text: string) => string): ConsoleText {
  const stamp = (atMs: number): string => `${pc.dim(clockTime(atMs))} `;
  return createConsoleText({
    time: systemTime(),
    line: ({ text, atMs, shownLength }) => process.stdout.write(`${shownLength === 0 ? stamp(atMs) : ""}${map(text.slice(shownLength))}\n`),
    part: (text, atMs, startsLine) => process.stdout.write(`${startsLine ? stamp(atMs) : ""}${map(text)}`),
  });
}

function forProgram(map: (text: string) => string): ConsoleText {
  return createConsoleText({
    time: systemTime(),
    line: ({ text, atMs }) => printJson({ time: new Date(atMs).toISOString(), line: map(text.replace(controls, "")) }),
    part: () => undefined,
  });
}

/** Hands on what is typed; resolves when the person wants to end it. */
function untilEnded(type: (bytes: Uint8Array) => void): Promise<void> {
  const { stdin } = process;
  return new Promise((resolve) => {
    void untilStopped().then(resolve);
    // Each key for itself, and Ctrl-C as a key: the board's prompt edits and echoes.
    if (stdin.isTTY) stdin.setRawMode(true);
    stdin.on("data", (bytes: Buffer) => {
      const end = stdin.isTTY ? bytes.findIndex((byte) => byte === ctrlC || byte === ctrlBracket) : -1;
      if (end !== 0) type(end < 0 ? bytes : bytes.subarray(0, end));
      if (end >= 0) resolve();
    });
  });
}

async function monitor(options: MonitorCommandOptions): Promise<void> {
  const path = await portOf(options.port);
  const map = await lineMapper(options.bundle);
  const text = options.json === true ? forProgram(map) : forPerson(map);
  const tell = (event: string, sentence: string): void => {
    if (options.json === true) printJson({ time: new Date().toISOString(), event });
    else process.stdout.write(`${pc.yellow(sentence)}\n`);
  };
  // Loaded when needed: other commands are quick because they do without.
  const { startMonitor } = await import("../firmware/monitor");
  const opened = await startMonitor({
    binding: await systemBinding(),
    path,
    baudRate: options.baud,
    time: systemTime(),
    resets: options.reset === true,
    hear: text.feed,
    changed(isThere) {
      text.flush();
      if (isThere) tell("back", `${path} is back`);
      else tell("lost", `${path} vanished; waiting for it`);
    },
  });
  tell("open", `Console of ${path}; Ctrl-C ends it`);
  await untilEnded((bytes) => opened.type(bytes));
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
  process.stdin.destroy();
  await opened.stop();
  text.flush();
}

/** The `monitor` command. */
export function monitorCommand(): Command {
  const bundle = relative(process.cwd(), agentBundle.luaFile);
  return new Command("monitor")
    .description("show a board's console, and pass on what is typed; stays through resets and a pulled cable. Ctrl-C or Ctrl-] ends it")
    .option("--port <path>", "the board's serial port")
    .option("--baud <number>", "the console's rate", wholeNumber, 115200)
    .option("--bundle <file>", "the Lua file on the board; the map beside it tells where each line comes from", bundle)
    .option("--reset", "reset the board first, to see it start")
    .option("--json", "print each line as JSON: time, line; and events: open, lost, back")
    .addHelpText("after", "\nExample:\n  $ esp32-jobs monitor --port /dev/ttyUSB0 --reset")
    .action(monitor);
}
