/** The command line: esp32-jobs. Exit codes: 0, 1 (it did not work), 2 (wrong usage). */
import { Command, CommanderError } from "commander";
import { commands } from "./commands";
import { sentenceOf, WrongUsage } from "./failing";

const program = new Command("esp32-jobs")
  .description("A job agent for ESP32 boards on AWS IoT Jobs, with a local Jobs service and a virtual ESP32.")
  .version("0.1.0")
  .addHelpText(
    "after",
    "\nExample:\n  $ esp32-jobs up                                  service and one virtual board\n  $ esp32-jobs job create blink count=5 --wait     in another terminal",
  );

for (const command of commands()) program.addCommand(command);

function strict(command: Command): void {
  command.exitOverride().showHelpAfterError("(add --help for an example)");
  for (const sub of command.commands) strict(sub);
}
strict(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`esp32-jobs: ${sentenceOf(error)}\n`);
    process.exitCode = error instanceof WrongUsage ? 2 : 1;
  }
}
