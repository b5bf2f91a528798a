/** Runs a command beside the service, for as long as the command takes. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { resolve } from "node:path";
import { environmentOf, otherCredentials } from "./env";
import { CommandFailed } from "./failing";

/** Gives the command's exit code. AWS's tools in it, and our own commands, find the service that runs in `place`. */
export function runWith(place: string, [program = "", ...args]: readonly string[]): Promise<number> {
  return new Promise((done, fail) => {
    const inherited = Object.entries(process.env).filter(([name]) => !otherCredentials.includes(name));
    const env = { ...Object.fromEntries(inherited), ...environmentOf(place), ESP32_JOBS_DIR: resolve(place) };
    const child = spawn(program, args, { stdio: "inherit", env });
    // Ctrl-C reaches the command too, as it has the same terminal: its own way of ending counts.
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
    process.on("SIGINT", () => {});
    process.on("SIGTERM", pass);
    child.once("error", (error) => fail(new CommandFailed(`"${program}" cannot be started: ${error.message}`)));
    child.once("close", (code, signal) => done(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
