/** Runs a program of the build: its output goes to the log, and to whoever follows it; when it is stopped, all that it started ends, too. */
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";

export interface RunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: string;
  readonly line: (line: string) => void;
  readonly signal: AbortSignal;
}

/** How long a build may take to end by itself after it was asked to. */
const patienceMs = 5_000;

/** Gives the exit code, 1 where the program was killed; rejects when it cannot be started. */
export function run(command: string, args: readonly string[], { cwd, env, log, line, signal }: RunOptions): Promise<number> {
  appendFileSync(log, `$ ${[command, ...args].join(" ")}\n`);
  return new Promise((resolve, reject) => {
    // A process group of its own: make, ninja and compilers are ended together.
    const child = spawn(command, args, { cwd, env: env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    const end = (how: NodeJS.Signals): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, how);
      } catch {
        // Nothing of it is left.
      }
    };
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      end("SIGTERM");
      timer = setTimeout(() => end("SIGKILL"), patienceMs);
    };
    const killNow = (): void => end("SIGKILL");
    process.prependOnceListener("exit", killNow);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    const output = new PassThrough();
    child.stdout.pipe(output, { end: false });
    child.stderr.pipe(output, { end: false });
    createInterface({ input: output }).on("line", (text) => {
      appendFileSync(log, `${text}\n`);
      line(text);
    });
    const finish = (then: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      process.removeListener("exit", killNow);
      // What a killed make leaves running would write into the clone after it was put back.
      if (signal.aborted) end("SIGKILL");
      output.end();
      then();
    };
    child.once("error", (error) => finish(() => reject(error)));
    child.once("close", (code) => finish(() => output.once("close", () => resolve(code ?? 1)).resume()));
  });
}
