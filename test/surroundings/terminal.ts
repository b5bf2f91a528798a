/** A terminal in which a person types commands: what they see is what is left on the screen, not what was sent to it. */
import { spawn } from "node:child_process";

export interface Terminal {
  /** The screen so far, line by line, each ended. */
  screen(): string;
  type(keys: string): void;
  /** Resolves once the screen is as wanted; rejects, with the screen, when the command ends before that or takes too long. */
  until(isSeen: RegExp | ((screen: string) => boolean)): Promise<void>;
  /** Resolves with the exit code of the command. */
  readonly ended: Promise<number | null>;
  /** Ends the command as a window that is closed does. */
  close(): void;
}

/** A screen that has not changed to what is expected by then will not. */
const patienceMs = 80_000;
/** Back to the first column, as a carriage return. */
const toStart = /\x1b\[1?G/g;
const controls = /\x1b\[[0-9;?]*[A-Za-z]/g;

/** A line that was written over shows its last version. */
function seen(line: string): string {
  const text = line.replace(toStart, "\r").replace(/\r+$/, "");
  return text
    .slice(text.lastIndexOf("\r") + 1)
    .replace(controls, "")
    .trimEnd();
}

/** Runs a command at a pseudo-terminal, which `script` of util-linux makes. */
export function openTerminal(command: string, { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }): Terminal {
  const child = spawn("script", ["-qfec", command, "/dev/null"], {
    cwd,
    env: { ...env, SHELL: "/bin/bash" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // Somebody types into a command that has just ended.
  child.stdin.on("error", () => undefined);
  let text = "";
  let wake: () => void = () => undefined;
  let hasEnded = false;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
      wake();
    });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      hasEnded = true;
      wake();
      resolve(code);
    });
  });
  // A page's line ends with what was written by now, also a question without an end of line.
  const screen = (): string =>
    text
      .replace(/\n?$/, "\n")
      .split("\n")
      .slice(0, -1)
      .map((line) => `${seen(line)}\n`)
      .join("");
  return {
    ended,
    screen,
    type: (keys) => void child.stdin.write(keys),
    close: () => void child.kill("SIGTERM"),
    async until(isSeen) {
      const test = typeof isSeen === "function" ? isSeen : (shown: string) => isSeen.test(shown);
      let isLate = false;
      const patience = setTimeout(() => {
        isLate = true;
        wake();
      }, patienceMs);
      while (!test(screen())) {
        if (hasEnded || isLate)
          throw new Error(`"${command}" ${isLate ? "does not come to what is expected" : "has ended too early"}:\n${screen()}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
      clearTimeout(patience);
    },
  };
}
