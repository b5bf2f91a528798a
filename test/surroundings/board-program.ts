/** A program for the virtual board, written in TypeScript against the NodeMCU adapters and compiled for one test file. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createBuilder } from "../../tools/bundle/bundle";
import { root } from "../../tools/bundle/targets";
import { VirtualTime } from "../../tools/time";
import { giveInit } from "../virtual-esp32/bench";
import { createBoard, type Board, type BoardOptions } from "../../tools/virtual-esp32";

/** The Lua of a program. It imports the adapters from "nodemcu/...". */
export function compileForBoard(program: string): string {
  mkdirSync(join(root, "build"), { recursive: true });
  const folder = mkdtempSync(join(root, "build", "program-"));
  try {
    const nodemcu = "../../src/platform/nodemcu";
    writeFileSync(join(folder, "program.ts"), program.replaceAll('from "nodemcu/', `from "${nodemcu}/`));
    const config = JSON.parse(readFileSync(join(root, "tstl.json"), "utf8")) as { compilerOptions: object; tstl: object };
    writeFileSync(
      join(folder, "tstl.json"),
      JSON.stringify({
        extends: join(root, "tsconfig.base.json"),
        compilerOptions: { ...config.compilerOptions, rootDir: root, outDir: folder },
        tstl: { ...config.tstl, luaBundleEntry: "program.ts", luaBundle: "program.lua" },
        files: ["program.ts", `${nodemcu}/firmware.d.ts`],
      }),
    );
    const target = { configFile: join(folder, "tstl.json"), luaFile: join(folder, "program.lua"), helpers: undefined };
    const built = createBuilder(target)();
    if (!built.ok) throw new Error(built.problems.join("\n"));
    return readFileSync(target.luaFile, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A board that runs a program, on a clock that only moves while something is waited for. */
export interface ProgramBoard {
  readonly board: Board;
  readonly time: VirtualTime;
  /** What its console showed. */
  readonly lines: string[];
  /** Moves time on until a condition holds. */
  until(holds: () => boolean, what: string): Promise<void>;
  /** Moves time on by that much. */
  pass(ms: number): Promise<void>;
}

/** What surrounds the board. */
export interface Surroundings extends Omit<BoardOptions, "time" | "log"> {
  /** It talks over real sockets, which take real time: the board's clock then runs ten times as fast as this computer's. */
  readonly overSockets?: boolean;
}

export function boardWith(lua: string, { overSockets = false, ...options }: Surroundings = {}): ProgramBoard {
  const time = new VirtualTime();
  const lines: string[] = [];
  const board = createBoard({ ...options, time, log: (line) => lines.push(line) });
  giveInit(board, lua, options);

  // Connections in memory need a few turns of Node's loop for each step.
  async function step(): Promise<void> {
    if (overSockets) await new Promise((resolve) => setTimeout(resolve, 1));
    else for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
    time.advance(10);
  }
  return {
    board,
    time,
    lines,
    async until(holds, what) {
      const end = time.now() + 600_000;
      while (!holds()) {
        if (time.now() > end) throw new Error(`${what} did not happen in 10 minutes of the board's time; it said\n${lines.join("\n")}`);
        await step();
      }
    },
    async pass(ms) {
      const end = time.now() + ms;
      while (time.now() < end) await step();
    },
  };
}
