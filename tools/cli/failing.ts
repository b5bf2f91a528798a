/** How commands end badly: one sentence for a person, and an exit code for a script. */

/** The command was understood and did not work: exit code 1. */
export class CommandFailed extends Error {}

/** The command was not understood, or a setting is wrong: exit code 2. */
export class WrongUsage extends Error {}

/** What a person should read of any error; the network's own codes are put into words. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ECONNREFUSED") return "nothing answers there: is the Jobs service running? Start it with: esp32-jobs up";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return `the name ${(error as { hostname?: string }).hostname ?? "of a computer"} is not known here: is it right, and is there a network?`;
  return error.message === "" ? (code ?? error.name) : error.message;
}
