/** Times what a person waits for: programs of ours, from their start to a line that they print. */
import { spawn } from "node:child_process";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { root } from "../bundle/targets";
import { temporaryFolder, whenOver } from "./cleanup";

const patienceMs = 60_000;

interface Program {
  /** Milliseconds from the start of the program to the first line that has `text`, from now on. */
  until(text: string): Promise<number>;
  end(): Promise<void>;
}

function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Program {
  const startMs = performance.now();
  // A group of its own, so that Ctrl-C reaches all of it as it does at a terminal.
  const child = spawn(command, args, { cwd: root, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const interrupt = whenOver(() => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGINT");
  });
  let output = "";
  let waiting: { readonly text: string; readonly found: () => void } | undefined;
  const read = (piece: Buffer): void => {
    output += piece.toString("utf8");
    if (waiting === undefined || !output.includes(waiting.text)) return;
    waiting.found();
    waiting = undefined;
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    until(text) {
      output = "";
      return new Promise((resolve, reject) => {
        const alarm = setTimeout(
          () => reject(new Error(`${args[0]} did not print "${text}" within ${patienceMs / 1000} s; it printed:\n${output}`)),
          patienceMs,
        );
        waiting = {
          text,
          found() {
            clearTimeout(alarm);
            resolve(performance.now() - startMs);
          },
        };
      });
    },
    async end() {
      interrupt();
      await ended;
    },
  };
}

/** Milliseconds from `make up` to a board that is connected over TLS. */
export async function timeToConnected(): Promise<number> {
  const folder = temporaryFolder();
  const up = start("make", ["up"], { ...process.env, ESP32_JOBS_DIR: folder.dir });
  try {
    return await up.until("lamp-01 online");
  } finally {
    await up.end();
    folder.remove();
  }
}

/** Seconds from a changed source to a virtual board that runs it and is connected, as `make watch` tells them; several edits. */
export async function editToRunning(edits = 3): Promise<number[]> {
  const watch = start("make", ["watch"]);
  const times: number[] = [];
  try {
    await watch.until("The board is connected");
    for (let edit = 0; edit < edits; edit++) {
      const shown = watch.until("The board runs the new bundle");
      const now = new Date();
      const beforeMs = performance.now();
      utimesSync(join(root, "src/failure.ts"), now, now);
      await shown;
      times.push((performance.now() - beforeMs) / 1000);
    }
    return times;
  } finally {
    await watch.end();
  }
}
