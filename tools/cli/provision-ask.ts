/** Questions at a terminal; what is secret is not shown while it is typed. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { CommandFailed } from "./failing";

/** Where a person sits. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

export interface Questions {
  /** One line. With `isSecret` it is not shown, nor kept for the next question. */
  ask(question: string, isSecret?: boolean): Promise<string>;
  say(sentence: string): void;
  close(): void;
}

/** Questions go to standard error: standard output is for results. */
export const ownTerminal: Terminal = { input: process.stdin, output: process.stderr };

export function openQuestions({ input, output }: Terminal): Questions {
  let isShown = true;
  // Readline takes the terminal out of its own echo and shows what is typed itself, through this.
  const shown = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (isShown) output.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input, output: shown, terminal: true, historySize: 0 });
  const early: string[] = [];
  let wanting: { resolve(line: string): void; reject(error: Error): void } | undefined;
  let isClosed = false;
  lines.on("line", (line) => {
    // What is pasted behind an answer may be the answer to a question that hides it.
    isShown = false;
    if (wanting === undefined) early.push(line);
    else wanting.resolve(line);
    wanting = undefined;
  });
  lines.on("SIGINT", () => lines.close());
  lines.on("close", () => {
    isClosed = true;
    wanting?.reject(new CommandFailed("nothing was written: the question was not answered"));
  });

  return {
    async ask(question, isSecret = false) {
      output.write(question);
      isShown = !isSecret;
      try {
        return await new Promise<string>((resolve, reject) => {
          const line = early.shift();
          if (line !== undefined) resolve(line);
          else if (isClosed) reject(new CommandFailed("nothing was written: the question was not answered"));
          else wanting = { resolve, reject };
        });
      } finally {
        if (isSecret) output.write("\n");
      }
    },
    say(sentence) {
      output.write(`${sentence}\n`);
    },
    close() {
      lines.close();
    },
  };
}
