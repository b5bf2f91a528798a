/** The command line as a person and a script use it: each command a program of its own, in an empty folder. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../tools/bundle/targets";

export interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface CommandLine {
  /** The folder the commands run in; what they keep is in its `place`. */
  readonly dir: string;
  start(...args: readonly string[]): ChildProcess;
  run(...args: readonly string[]): Promise<Result>;
  /** Runs a command with `--json` and reads what it prints; refuses any other end than a good one. */
  json(...args: readonly string[]): Promise<unknown>;
  /** Ends whatever still runs and takes the folder away. */
  close(): void;
}

const bin = join(root, "tools/cli/bin.mjs");

export function openCommandLine(env: Readonly<Record<string, string | undefined>> = {}): CommandLine {
  const dir = mkdtempSync(join(tmpdir(), "esp32-jobs-cli-"));
  const running: ChildProcess[] = [];

  function start(...args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: dir,
      env: { ...process.env, ESP32_JOBS_DIR: join(dir, "place"), NO_COLOR: "1", ...env },
    });
    running.push(child);
    return child;
  }

  function run(...args: readonly string[]): Promise<Result> {
    return new Promise((resolve) => {
      const child = start(...args);
      let out = "";
      let err = "";
      child.stdout?.on("data", (piece: Buffer) => (out += piece.toString()));
      child.stderr?.on("data", (piece: Buffer) => (err += piece.toString()));
      child.once("close", (code) => resolve({ code, out, err }));
    });
  }

  return {
    dir,
    start,
    run,
    async json(...args) {
      const { code, out, err } = await run(...args, "--json");
      if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${err}`);
      return JSON.parse(out) as unknown;
    },
    close() {
      for (const child of running) child.kill("SIGKILL");
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The first line that a program prints; fails when it ends before that. */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = "";
    child.stdout?.on("data", (piece: Buffer) => {
      out += piece.toString();
      if (out.includes("\n")) resolve(out.slice(0, out.indexOf("\n")));
    });
    child.once("close", () => reject(new Error(`it ended: ${out}`)));
  });
}

/** Starts a service on free ports; resolves with its address once it is ready. */
export async function startUp(
  line: CommandLine,
  ...args: readonly string[]
): Promise<{ up: ChildProcess; address: Record<string, string> }> {
  const up = line.start("up", "--json", "--mqtt-port", "0", "--mqtts-port", "0", "--https-port", "0", ...args);
  return { up, address: JSON.parse(await firstLine(up)) as Record<string, string> };
}
