/** esp32-jobs board: a virtual board of its own; and the list of all things. */
import { Command } from "commander";
import pc from "../colour";
import type { ListOptions } from "./board-list";
import { openCloud, withCloudOptions, type CloudOptions } from "./cloud";
import { wholeNumber } from "./numbers";
import { occupy, thingPlace } from "./place";
import { untilStopped } from "./stopping";
import { virtualWifi } from "./identity";
import { printJson } from "./output";

interface BoardCommandOptions extends CloudOptions {
  readonly thing: string;
  readonly json?: boolean;
}

async function run(options: BoardCommandOptions): Promise<void> {
  const cloud = await openCloud(options);
  const dir = thingPlace(cloud.place, options.thing);
  occupy(dir);
  const tell = (event: Record<string, unknown>, line: string): void => {
    if (options.json === true) printJson(event);
    else process.stdout.write(`${line}\n`);
  };
  // Loaded when needed: other commands are quick because they do without.
  const { prepareBoard } = await import("./virtual-board");
  const { enrol } = await import("./enrol");
  const board = prepareBoard({
    dir,
    identity: await enrol(cloud, options.thing, virtualWifi),
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
  const board = new Command("board")
    .description("start a virtual board, or list the boards there are")
    .addHelpText("after", "\nExample:\n  $ esp32-jobs board --thing lamp-02\n  $ esp32-jobs board list");
  withCloudOptions(board.command("run", { isDefault: true }))
    .description("start a virtual board for the service that `up` started, or for AWS IoT Core; Ctrl-C cuts its power")
    .requiredOption("--thing <name>", "its thing name; the thing is created where it is missing")
    .option("--json", "print each console line and pin edge as JSON")
    .addHelpText("after", "\nExample:\n  $ esp32-jobs board --thing lamp-02")
    .action(run);
  withCloudOptions(board.command("list"))
    .description("list things, with the jobs that are pending on each")
    .option("--limit <number>", "at most so many", wholeNumber, 50)
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ esp32-jobs board list --aws --profile workshop")
    .action(async (options: ListOptions) => (await import("./board-list")).listBoards(options));
  return board;
}
