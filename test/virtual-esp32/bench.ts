/** A virtual board on a virtual clock, for tests that drive it with a few lines of Lua. */
import type { Duplex } from "node:stream";
import { VirtualTime } from "../../tools/time";
import type { Board, BoardOptions } from "../../tools/virtual-esp32/index";
import { createBoard } from "../../tools/virtual-esp32/index";
import { buildImage } from "../../tools/virtual-esp32/image";

export interface Bench {
  readonly board: Board;
  readonly time: VirtualTime;
  /** What the console has shown. */
  readonly lines: string[];
  /** Why the chip was reset, in order. */
  readonly restarts: string[];
}

/** A board that is off, with this boot chunk, or with none. */
export function bench(initLua: string | undefined, options: BoardOptions = {}): Bench {
  const time = new VirtualTime();
  const board = createBoard({ time, network: noNetwork, ...options });
  const lines: string[] = [];
  const restarts: string[] = [];
  board.on("line", (line) => lines.push(line));
  board.on("restart", ({ reason }) => restarts.push(reason));
  if (initLua !== undefined) giveInit(board, initLua, options);
  return { board, time, lines, restarts };
}

/** Gives a board its boot chunk: NodeMCU as it is reads a file, our firmware has it in its image. */
export function giveInit(board: Board, lua: string, { firmware }: Pick<BoardOptions, "firmware">): void {
  if (firmware !== "jobsfw") board.files.write("init.lua", lua);
  else board.flash("ota_0", buildImage({ version: "7c5bb151", project: "nodemcu", sizeBytes: 65_536, modules: { init: lua } }));
}

/** Boots and runs for some time, a second unless said otherwise; gives what the console showed. */
export function run(initLua: string, options: BoardOptions & { readonly ms?: number } = {}): Bench {
  const made = bench(initLua, options);
  made.board.powerOn();
  made.time.advance(300 + (options.ms ?? 1000));
  return made;
}

export const noNetwork = {
  connect(): Duplex {
    throw new Error("this test has no network");
  },
};

/** Lets streams and clock go on until the condition holds, for at most so long on the board's clock. */
export async function until(time: VirtualTime, holds: () => boolean, withinMs = 60_000): Promise<void> {
  const end = time.now() + withinMs;
  for (;;) {
    // Several turns: what is on its way through streams must arrive before the clock moves.
    for (let i = 0; i < 20; i++) {
      if (holds()) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (time.now() >= end) throw new Error(`not within ${withinMs} ms`);
    time.advance(Math.min(time.untilNext() ?? 10, 10, end - time.now()));
  }
}

/** Lua that joins the Wi-Fi and then runs `body`. */
export function online(body: string): string {
  return `
wifi.mode(wifi.STATION)
wifi.sta.config({ssid="lab", pwd="secret123"})
wifi.sta.on("start", function() wifi.sta.connect() end)
wifi.sta.on("got_ip", function() ${body} end)
wifi.start()`;
}
