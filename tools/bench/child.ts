/** A process of our own that answers calls, so that who measures and what is measured do not share a thread. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { whenOver } from "./cleanup";

/** What a child answers to. Arguments and results travel as JSON. */
export type Calls<C> = { readonly [Name in keyof C]: (...args: never[]) => unknown };

export interface Child<C extends Calls<C>> {
  call<Name extends keyof C & string>(name: Name, ...args: Parameters<C[Name]>): Promise<Awaited<ReturnType<C[Name]>>>;
  end(): Promise<void>;
}

interface Question {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Starts a file of this folder. It ends with this process, however that ends: it then loses its channel. */
export function startChild<C extends Calls<C>>(file: string, flags: readonly string[] = []): Child<C> {
  // process.execArgv is what lets Node read TypeScript.
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { execArgv: [...process.execArgv, ...flags] });
  // Nothing that it has is worth an orderly end, and nothing that listens to signals there may hold it up.
  const kill = whenOver(() => child.kill("SIGKILL"));
  const open = new Map<number, (answer: Answer) => void>();
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.on("message", (answer: Answer) => open.get(answer.id)?.(answer));
  child.once("exit", () => {
    for (const [id, settle] of open) settle({ id, error: `${file} ended early` });
  });
  let asked = 0;
  return {
    call(name, ...args) {
      const id = ++asked;
      return new Promise((resolve, reject) => {
        open.set(id, ({ result, error }) => {
          open.delete(id);
          if (error === undefined) resolve(result as never);
          else reject(new Error(error));
        });
        child.send({ id, name, args } satisfies Question);
      });
    },
    async end() {
      kill();
      await ended;
    },
  };
}

/** To be called in the child. */
export function answerCalls<C extends Calls<C>>(calls: C): void {
  async function answer({ id, name, args }: Question): Promise<Answer> {
    try {
      return { id, result: await calls[name as keyof C](...(args as never[])) };
    } catch (error) {
      return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  }
  process.on("message", (question: Question) => void answer(question).then((reply) => process.send?.(reply)));
  process.on("disconnect", () => process.exit());
  // Ctrl-C reaches the whole group; the parent is the one that ends it.
  process.on("SIGINT", () => undefined);
}
