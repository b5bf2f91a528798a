/** esp32-jobs board: a virtual board of its own for the running service. */
import { Command } from "commander";
import pc from "picocolors";
import { defaultPlace, occupy, thingPlace } from "./place";
import { untilStopped } from "./stopping";
import { virtualWifi } from "./identity";
import { printJson } from "./output";

interface BoardCommandOptions {
  readonly dir: string;
  readonly thing: string;
  readonly json?: boolean;
}

async function run(options: BoardCommandOptions): Promise<void> {
  const dir = thingPlace(options.dir, options.thing);
  occupy(dir);
  const tell = (event: Record<string, unknown>, line: string): void => {
    if (options.json === true) printJson(event);
    else process.stdout.write(`${line}\n`);
  };
  // Loaded when needed: other commands are quick because they do without.
  const { prepareBoard } = await import("./virtual-board");
  const { enrol } = await import("./things");
  const board = prepareBoard({
    dir,
    identity: await enrol(options.dir, options.thing, virtualWifi),
    log: (line) => tell({ line }, line),
  });
  board.on("pin", (edge) =>
    tell({ pin: edge.pin, level: edge.level, ms: edge.ms }, pc.yellow(`pin ${edge.pin} ${edge.level === 1 ? "on" : "off"}`)),
  );
  board.powerOn();
  await untilStopped();
  board.powerOff();
}

/** The `board` command. */
export function boardCommand(): Command {
  return new Command("board")
    .description("start a virtual board for the service that `up` started; Ctrl-C cuts its power")
    .option("--dir <folder>", "where the service was started", defaultPlace)
    .requiredOption("--thing <name>", "its thing name; the thing is created where it is missing")
    .option("--json", "print each console line and pin edge as JSON")
    .addHelpText("after", "\nExample:\n  $ esp32-jobs board --thing lamp-02")
    .action(run);
}
