/** esp32-jobs flash as a person and a script use it: a program of its own, a port of the operating system, a board at its other end. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { planFlash } from "../tools/firmware/flash-plan";
import { createSerialBoard, type SerialBoard, type SerialFaults } from "../tools/virtual-esp32/serial/board";
import { openCommandLine } from "./surroundings/command-line";
import { identityImage, makeBuild } from "./surroundings/firmware-build";
import { attach, openPseudoTerminal, type PseudoTerminal } from "./surroundings/pseudo-terminal";

const line = openCommandLine();
const from = makeBuild();
const identity = join(from, "identity.bin");
writeFileSync(identity, identityImage());
const plan = planFlash({ from, identity });
const terminals: PseudoTerminal[] = [];

afterAll(line.close);
afterEach(() => terminals.splice(0).forEach((terminal) => terminal.close()));

async function plugIn(faults: SerialFaults = {}): Promise<{ board: SerialBoard; path: string }> {
  const terminal = await openPseudoTerminal();
  terminals.push(terminal);
  const board = createSerialBoard({ startsInLoader: true, faults: { ignoresLines: true, ...faults } });
  attach(terminal, board);
  return { board, path: terminal.path };
}

describe("with a board", () => {
  test("flash writes everything and says what comes next", { timeout: 30_000 }, async () => {
    const { board, path } = await plugIn();
    const { code, out, err } = await line.run("flash", "--port", path, "--from", from, "--identity", identity);
    expect(err).toBe("");
    expect(code).toBe(0);
    for (const { name, offset, bytes } of plan.parts) {
      expect(board.flash.bytes.subarray(offset, offset + bytes.length).equals(bytes), name).toBe(true);
      expect(out).toContain(`Writing ${name} at 0x${offset.toString(16)}, ${bytes.length} bytes\n`);
    }
    expect(out).toContain("ESP32-D0WDQ6 (revision 0), 24:0a:c4:00:00:01\n");
    expect(out).toMatch(
      /esp32-jobs 1\.2\.3 is on the board, compared, after \d+ s\.\nPress its EN \(or RST\) button to start it; watch it with/,
    );
  });

  test("--json prints one line", { timeout: 30_000 }, async () => {
    const { path } = await plugIn();
    const { code, out } = await line.run("flash", "--port", path, "--from", from, "--json");
    expect(code).toBe(0);
    expect(out.trim().split("\n")).toHaveLength(1);
    expect(JSON.parse(out)).toMatchObject({
      port: path,
      project: "esp32-jobs",
      version: "1.2.3",
      mac: "24:0a:c4:00:00:01",
      parts: [{ name: "bootloader/bootloader.bin", offset: 0x1000 }, { offset: 0x20000 }, { offset: 0x8000 }, { offset: 0xf000 }],
      wasReset: false,
    });
  });

  test("a pulled cable ends it at once with 1 and one sentence", { timeout: 30_000 }, async () => {
    const { path } = await plugIn({ unplugAtBlock: 4 });
    const { code, err } = await line.run("flash", "--port", path, "--from", from, "--baud", "115200");
    expect(err).toBe(
      `esp32-jobs: ${path} vanished while nodemcu.bin was being written: the board does not start until it is flashed again, to the end\n`,
    );
    expect(code).toBe(1);
  });

  test("Ctrl-C ends it in good order", { timeout: 30_000 }, async () => {
    const { path } = await plugIn();
    const child = line.start("flash", "--port", path, "--from", from);
    let err = "";
    child.stderr?.on("data", (piece: Buffer) => (err += piece.toString()));
    child.stdout?.on("data", (piece: Buffer) => {
      if (piece.toString().includes("Writing nodemcu.bin")) child.kill("SIGINT");
    });
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(1);
    expect(err).toMatch(/stopped while \S+ was being written: flash the board again before it is used/);
  });

  test("a port that another program holds is named as that", { timeout: 30_000 }, async () => {
    const { path } = await plugIn();
    const holder = line.start("monitor", "--port", path);
    await new Promise((resolve) => holder.stdout?.once("data", resolve));
    const { code, err } = await line.run("flash", "--port", path, "--from", from);
    expect(err).toBe(`esp32-jobs: another program holds ${path}: close the monitor, IDE or terminal that uses it\n`);
    expect(code).toBe(1);
  });
});

describe("without a board", () => {
  test("a missing port, a missing build and something that is no port are told apart", { timeout: 30_000 }, async () => {
    for (const [words, sentence] of [
      [["--port", "/dev/ttyNONE", "--from", from], "there is no port /dev/ttyNONE: is the board plugged in?"],
      [["--port", "/dev/ttyNONE", "--from", join(from, "none")], "build the firmware first, with: make firmware NODEMCU=/path/to/nodemcu"],
      [["--port", identity, "--from", from], "is not a serial port"],
    ] as const) {
      const { code, err } = await line.run("flash", ...words);
      expect(err).toContain(sentence);
      expect(code).toBe(1);
    }
  });

  test("the ports that are there are told before there is a build", async () => {
    const { code, err } = await line.run("flash", "--from", join(from, "none"));
    expect(err).toMatch(/^esp32-jobs: name the board's port with --port/);
    expect(code).toBe(2);
  });

  /** A folder with an esptool that writes down what it is asked, and what is in the identity. */
  function fakeEsptool(exit: number): { bin: string; asked: string } {
    const bin = join(line.dir, `bin${exit}`);
    const asked = join(bin, "asked");
    mkdirSync(bin, { recursive: true });
    writeFileSync(
      join(bin, "esptool.py"),
      `#!/bin/sh\necho "$@" >${asked}\nfor last; do :; done\ncp "$last" ${asked}.identity\nexit ${exit}\n`,
    );
    chmodSync(join(bin, "esptool.py"), 0o755);
    return { bin, asked };
  }

  test("--with-esptool leaves the writing to the person's own esptool", { timeout: 30_000 }, async () => {
    const { bin, asked } = fakeEsptool(0);
    const own = openCommandLine({ PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` });
    const { code, err } = await own.run(
      "flash",
      "--port",
      "/dev/ttyUSB7",
      "--from",
      from,
      "--identity",
      identity,
      "--with-esptool",
      "--erase",
    );
    own.close();
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(readFileSync(asked, "utf8")).toMatch(
      new RegExp(
        `^--chip esp32 --port /dev/ttyUSB7 --baud 460800 write_flash --erase-all --flash_mode dio --flash_freq 40m --flash_size 4MB ` +
          `0x1000 ${from}/bootloader/bootloader.bin 0x20000 ${from}/nodemcu.bin 0x8000 \\S+ 0xf000 \\S+ 0x9000 \\S+\n$`,
      ),
    );
    expect(readFileSync(`${asked}.identity`).equals(plan.parts.at(-1)?.bytes ?? Buffer.alloc(0))).toBe(true);
  });

  test("an esptool that fails, or is not there, is told", { timeout: 30_000 }, async () => {
    const { bin } = fakeEsptool(2);
    for (const [path, sentence] of [
      [`${bin}${delimiter}${process.env["PATH"] ?? ""}`, "esptool.py ended with code 2"],
      ["/nowhere", "neither esptool nor esptool.py is in your PATH"],
    ] as const) {
      const own = openCommandLine({ PATH: path });
      const { code, err } = await own.run("flash", "--port", "/dev/ttyUSB7", "--from", from, "--with-esptool");
      own.close();
      expect(err).toContain(sentence);
      expect(code).toBe(1);
    }
  });
});
