/** DTR and RTS of a port whose driver refuses breaks, which serialport's driver clears whenever it sets lines: bindings-cpp, serialport_unix.cpp. */
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { root } from "../tools/bundle/targets";
import { planFlash } from "../tools/firmware/flash-plan";
import { createSerialBoard, type SerialBoard } from "../tools/virtual-esp32/serial/board";
import { openCommandLine, type CommandLine } from "./surroundings/command-line";
import { makeBuild } from "./surroundings/firmware-build";
import { attach, openPseudoTerminal, type PseudoTerminal } from "./surroundings/pseudo-terminal";

const from = makeBuild();
const plan = planFlash({ from });
const scratch = openCommandLine();
const driver = join(scratch.dir, "cdc-acm.so");
const terminals: PseudoTerminal[] = [];
const source = join(root, "test/surroundings/cdc-acm.c");
const built = spawnSync("gcc", ["-shared", "-fPIC", "-o", driver, source, "-ldl"]).status === 0;

afterAll(scratch.close);
afterEach(() => terminals.splice(0).forEach((terminal) => terminal.close()));

interface Bench {
  readonly line: CommandLine;
  readonly board: SerialBoard;
  readonly terminal: PseudoTerminal;
  /** DTR and RTS as they were set, one after the other. */
  lines(): string[];
}

async function bench(env: Readonly<Record<string, string>> = {}): Promise<Bench> {
  const terminal = await openPseudoTerminal();
  terminals.push(terminal);
  const board = createSerialBoard({ startsInLoader: true, faults: { ignoresLines: true } });
  attach(terminal, board);
  const log = join(scratch.dir, `lines-${randomUUID()}`);
  const line = openCommandLine({ LD_PRELOAD: driver, LINES_LOG: log, ...env });
  return { line, board, terminal, lines: () => readFileSync(log, "utf8").trim().split("\n") };
}

test("the driver's stand-in is missing on a developer's computer only, such as one without gcc", () => {
  if (process.env["CI"] !== undefined) expect(built).toBe(true);
});

describe.runIf(built && process.platform === "linux")("a port without breaks", () => {
  test("has its board reset into the loader and out of it", { timeout: 30_000 }, async () => {
    const { line, board, terminal, lines } = await bench();
    const { code, out, err } = await line.run("flash", "--port", terminal.path, "--from", from);
    line.close();
    expect(err).toBe("");
    expect(code).toBe(0);
    for (const { name, offset, bytes } of plan.parts)
      expect(board.flash.bytes.subarray(offset, offset + bytes.length).equals(bytes), name).toBe(true);
    // DTR and RTS: EN low, EN high with IO0 low, both free; and at the end EN low, EN high.
    expect(lines()).toEqual(["0 1", "1 0", "0 0", "0 1", "0 0"]);
    expect(out).toContain("It starts now");
  });

  test("is flashed by hand where no program helps, and says so", { timeout: 30_000 }, async () => {
    const { line, terminal } = await bench({ PATH: "/nowhere" });
    const { code, out, err } = await line.run("flash", "--port", terminal.path, "--from", from);
    line.close();
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out).toContain("Press its EN (or RST) button to start it");
  });

  test("is watched, with a reset at the start where it is asked for", { timeout: 30_000 }, async () => {
    const { line, terminal, lines } = await bench();
    const monitor = line.start("monitor", "--port", terminal.path, "--reset");
    let out = "";
    monitor.stdout?.on("data", (piece: Buffer) => (out += piece.toString()));
    await expect.poll(() => out, { timeout: 20_000 }).toContain(terminal.path);
    await expect.poll(lines, { timeout: 20_000 }).toEqual(["0 0", "0 1", "0 0"]);
    terminal.send("hello from the board\r\n");
    await expect.poll(() => out, { timeout: 20_000 }).toContain("hello from the board");
    line.close();
  });
});
