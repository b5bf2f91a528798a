/** A board's console: its lines with their times, through resets and pulled cables. */
import { describe, expect, test } from "vitest";
import { createConsoleText, type ConsoleLine } from "../tools/firmware/console-text";
import { startMonitor, type Monitor } from "../tools/firmware/monitor";
import { VirtualTime } from "../tools/time";
import { createSimulatedBinding } from "../tools/virtual-esp32/serial/binding";
import { createSerialBoard, type SerialBoard, type SerialBoardOptions } from "../tools/virtual-esp32/serial/board";

const path = "/dev/ttyUSB0";

describe("console text", () => {
  function console(): {
    time: VirtualTime;
    lines: ConsoleLine[];
    parts: [string, boolean][];
    feed(text: string | Buffer): void;
    flush(): void;
  } {
    const time = new VirtualTime(1000);
    const lines: ConsoleLine[] = [];
    const parts: [string, boolean][] = [];
    const text = createConsoleText({
      time,
      line: (line) => lines.push(line),
      part: (part, _, startsLine) => parts.push([part, startsLine]),
    });
    return { time, lines, parts, feed: (piece) => text.feed(Buffer.from(piece as string)), flush: text.flush };
  }

  test("is put together from pieces, with the time of each line's beginning", () => {
    const { time, lines, parts, feed } = console();
    feed("lamp: firm");
    time.advance(10);
    feed("ware 1.0\r");
    feed("\nonline\n\n");
    expect(lines).toEqual([
      { text: "lamp: firmware 1.0", atMs: 1000, shownLength: 0 },
      { text: "online", atMs: 1010, shownLength: 0 },
      { text: "", atMs: 1010, shownLength: 0 },
    ]);
    expect(parts).toEqual([]);
  });

  test("shows a prompt that waits, and each character that is typed, once", () => {
    const { time, lines, parts, feed } = console();
    feed("> ");
    time.advance(30);
    feed("=1");
    time.advance(29);
    feed("+");
    time.advance(30);
    feed("1\n2\n");
    expect(parts).toEqual([
      ["> ", true],
      ["=1+", false],
    ]);
    expect(lines.map(({ text, shownLength }) => [text, shownLength])).toEqual([
      ["> =1+1", 5],
      ["2", 0],
    ]);
  });

  test("keeps characters whole that arrive in two halves, and survives noise", () => {
    const { lines, feed, flush } = console();
    const umlaut = Buffer.from("grün\n");
    feed(umlaut.subarray(0, 3));
    feed(umlaut.subarray(3));
    feed(Buffer.alloc(5000, 0x80));
    flush();
    expect(lines[0]?.text).toBe("grün");
    expect(lines[1]?.text.length).toBe(4096);
    expect(lines[2]?.text).toBe("�".repeat(5000 - 4096));
  });
});

describe("a monitor", () => {
  interface Watch {
    readonly board: SerialBoard;
    readonly monitor: Monitor;
    readonly time: VirtualTime;
    readonly typed: () => string;
    /** Resolves when the board's text has come in, or the port has changed. */
    until(text: string): Promise<void>;
  }

  async function watch(options: SerialBoardOptions = {}, resets = false): Promise<Watch> {
    const time = new VirtualTime();
    let heard = "";
    let typed = "";
    let wake: () => void = () => undefined;
    const take = (text: string): void => {
      heard += text;
      wake();
    };
    const board = createSerialBoard({
      boot(_, print) {
        print(Buffer.from("boot\n"));
        return { type: (bytes) => ((typed += bytes.toString()), print(bytes)), stop: () => undefined };
      },
      ...options,
    });
    const starting = startMonitor({
      binding: createSimulatedBinding({ path, board }),
      path,
      baudRate: 115200,
      time,
      resets,
      hear: (bytes) => take(bytes.toString()),
      changed: (isThere) => take(isThere ? "[back]" : "[lost]"),
    });
    if (resets) {
      while (time.untilNext() === undefined) await new Promise((resolve) => setImmediate(resolve));
      time.advance(100);
    }
    const monitor = await starting;
    return {
      board,
      monitor,
      time,
      typed: () => typed,
      async until(text) {
        while (!heard.includes(text)) await new Promise<void>((resolve) => (wake = resolve));
        heard = heard.slice(heard.indexOf(text) + text.length);
      },
    };
  }

  test("does not reset the board, passes on what is typed, and lets go of the port", async () => {
    const { board, monitor, typed, until } = await watch();
    expect(board.commands).toEqual([]);
    board.setLines({ dtr: false, rts: true });
    board.setLines({ dtr: false, rts: false });
    await until("boot\n");
    expect(monitor.type(Buffer.from("=1\r"))).toBe(true);
    await until("=1\r");
    expect(typed()).toBe("=1\r");
    await monitor.stop();
    expect(monitor.type(Buffer.from("x"))).toBe(false);
  });

  test("resets the board when asked, into its firmware", async () => {
    const { board, monitor, until } = await watch({}, true);
    await until("SPI_FAST_FLASH_BOOT");
    await until("boot\n");
    expect(board.isInLoader).toBe(false);
    await monitor.stop();
  });

  test("waits for a board whose cable was pulled, and goes on", async () => {
    const { board, monitor, time, until } = await watch();
    board.unplug();
    await until("[lost]");
    time.advance(500);
    expect(monitor.type(Buffer.from("x"))).toBe(false);
    board.plugIn();
    for (let tries = 0; time.untilNext() === undefined && tries < 100; tries++) await new Promise((resolve) => setImmediate(resolve));
    time.advance(500);
    await until("[back]");
    board.setLines({ dtr: false, rts: true });
    board.setLines({ dtr: false, rts: false });
    await until("boot\n");
    await monitor.stop();
    expect(time.untilNext()).toBeUndefined();
  });

  test("goes on with a board that vanishes again while its port is opened", async () => {
    const time = new VirtualTime();
    const board = createSerialBoard();
    const port = createSimulatedBinding({ path, board });
    let held = 0;
    let opened = 0;
    let wake: () => void = () => undefined;
    const seen: boolean[] = [];
    const binding: typeof port = {
      ...port,
      async open(options) {
        // As the real driver, which locks it.
        if (held > 0) throw new Error("Error Resource temporarily unavailable Cannot lock port");
        const made = await port.open(options);
        const { close, set } = made;
        held++;
        const isTorn = ++opened === 2;
        return Object.assign(made, {
          set: isTorn ? () => Promise.reject(new Error("Error: Input/output error, cannot set")) : set,
          close: async () => (held--, close.call(made)),
        });
      },
    };
    const change = (isThere: boolean): void => (seen.push(isThere), wake());
    const monitor = await startMonitor({ binding, path, baudRate: 115200, time, hear: () => undefined, changed: change });
    const changed = (): Promise<void> => new Promise((resolve) => (wake = resolve));
    const lost = changed();
    board.unplug();
    await lost;
    board.plugIn();
    const back = changed();
    for (let tries = 0; tries < 3; tries++) {
      time.advance(500);
      for (let turns = 0; turns < 100; turns++) await new Promise((resolve) => setImmediate(resolve));
    }
    await back;
    expect([seen, opened, held]).toEqual([[false, true], 3, 1]);
    await monitor.stop();
    expect(held).toBe(0);
  });

  test("ends while it waits", async () => {
    const { board, monitor, time, until } = await watch();
    board.unplug();
    await until("[lost]");
    await monitor.stop();
    expect(time.untilNext()).toBeUndefined();
  });

  test("says at once when the port is not there at the start", async () => {
    const starting = startMonitor({
      binding: createSimulatedBinding(),
      path,
      baudRate: 115200,
      time: new VirtualTime(),
      hear: () => undefined,
      changed: () => undefined,
    });
    await expect(starting).rejects.toThrow("there is no port /dev/ttyUSB0");
  });
});
