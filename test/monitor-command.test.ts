/** esp32-jobs monitor as a program of its own, on a port of the operating system. */
import { spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { root } from "../tools/bundle/targets";
import { openCommandLine } from "./surroundings/command-line";
import { openPseudoTerminal, type PseudoTerminal } from "./surroundings/pseudo-terminal";

const line = openCommandLine();
const bin = join(root, "tools/cli/bin.mjs");
const terminals: PseudoTerminal[] = [];
afterAll(line.close);
afterEach(() => terminals.splice(0).forEach((terminal) => terminal.close()));

// Line 2 of the Lua comes from line 41 of the TypeScript: the mappings are segments of [column, source, line, column] in base64 VLQ.
const bundle = join(line.dir, "agent.lua");
writeFileSync(bundle, "local a\nerror()\n");
writeFileSync(
  `${bundle}.map`,
  JSON.stringify({ version: 3, file: "agent.lua", sources: ["src/agent.ts"], names: [], mappings: "AAAA;AAwCA" }),
);

interface Watched {
  readonly terminal: PseudoTerminal;
  readonly child: ChildProcess;
  /** Resolves with all output once it contains a text. */
  until(text: string): Promise<string>;
  end(): Promise<number | null>;
}

async function watch(...words: readonly string[]): Promise<Watched> {
  const terminal = await openPseudoTerminal();
  terminals.push(terminal);
  const child = line.start("monitor", "--port", terminal.path, "--bundle", bundle, ...words);
  let out = "";
  let wake: () => void = () => undefined;
  child.stdout?.on("data", (piece: Buffer) => {
    out += piece.toString();
    wake();
  });
  return {
    terminal,
    child,
    async until(text) {
      while (!out.includes(text)) await new Promise<void>((resolve) => (wake = resolve));
      return out;
    },
    end() {
      child.kill("SIGINT");
      return new Promise((resolve) => child.once("close", resolve));
    },
  };
}

describe("for a person", () => {
  test("lines have their time, and errors the line of TypeScript", { timeout: 30_000 }, async () => {
    const { terminal, until, end } = await watch();
    await until("Ctrl-C ends it\n");
    terminal.send("lamp: online\r\nerror: build/lua/agent.lua:2: attempt to index a nil value\r\n> ");
    const out = await until("> ");
    expect(out).toMatch(/^\d\d:\d\d:\d\d\.\d{3} lamp: online$/m);
    expect(out).toMatch(/^\d\d:\d\d:\d\d\.\d{3} error: src\/agent\.ts:41: attempt to index a nil value$/m);
    expect(await end()).toBe(0);
  });

  test("what is typed goes to the board", { timeout: 30_000 }, async () => {
    const { terminal, child, until, end } = await watch();
    await until("Ctrl-C ends it\n");
    const typed = new Promise<string>((resolve) => terminal.onData((bytes) => resolve(bytes.toString())));
    child.stdin?.write("=node.heap()\n");
    expect(await typed).toBe("=node.heap()\n");
    expect(await end()).toBe(0);
  });

  test.each([
    ["Ctrl-C", "\x03"],
    ["Ctrl-]", "\x1d"],
  ])("on a terminal each key goes to the board by itself, and %s ends it", { timeout: 30_000 }, async (_, key) => {
    const board = await openPseudoTerminal();
    terminals.push(board);
    const words = [process.execPath, bin, "monitor", "--port", board.path, "--bundle", bundle].map((word) => `'${word}'`).join(" ");
    const terminal = spawn("script", ["-qfec", words, "/dev/null"], { stdio: ["pipe", "pipe", "ignore"] });
    const ended = new Promise<number | null>((resolve) => terminal.once("close", resolve));
    await new Promise<void>((resolve) =>
      terminal.stdout.on("data", (piece: Buffer) => (piece.toString().includes("ends it") ? resolve() : undefined)),
    );
    const typed = new Promise<string>((resolve) => board.onData((bytes) => resolve(bytes.toString())));
    // Until the terminal is in raw mode it holds back what is not a whole line, and hands it over then.
    terminal.stdin.write("=");
    expect(await typed).toBe("=");
    terminal.stdin.write(key);
    expect(await ended).toBe(0);
  });

  test("a pulled cable is told, and waited for until it ends", { timeout: 30_000 }, async () => {
    const { terminal, until, end } = await watch();
    await until("Ctrl-C ends it\n");
    terminal.close();
    await until(`${terminal.path} vanished; waiting for it`);
    expect(await end()).toBe(0);
  });
});

test("for a program each line is JSON, without colours", { timeout: 30_000 }, async () => {
  const { terminal, until, end } = await watch("--json", "--reset");
  await until('"event":"open"}\n');
  terminal.send("\x1b[0;32mI (31) boot: ESP-IDF v5.1.3\x1b[0m\r\n");
  const [, first] = (await until('v5.1.3"}\n')).split("\n");
  expect(JSON.parse(first ?? "")).toEqual({ time: expect.stringMatching(/^\d{4}-.*Z$/) as string, line: "I (31) boot: ESP-IDF v5.1.3" });
  terminal.close();
  expect(await until('"event":"lost"}\n')).toContain('"event":"lost"');
  expect(await end()).toBe(0);
});
