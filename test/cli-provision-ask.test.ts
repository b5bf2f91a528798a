/** Questions at a terminal: what a person sees, and does not see, of what is typed. */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { root } from "../tools/bundle/targets";
import { readIdentity } from "../tools/firmware/identity";
import { wifiOf } from "../tools/cli/provision-wifi";
import type { Terminal } from "../tools/cli/provision-ask";
import { openCommandLine } from "./surroundings/command-line";

/** A terminal that shows what is written to it. As with a real one, nothing typed is seen unless the program writes it. */
function virtualTerminal() {
  const input = Object.assign(new PassThrough(), { isTTY: true, isRaw: false, setRawMode });
  const output = new PassThrough();
  let screen = "";
  output.on("data", (piece: Buffer) => {
    screen += piece.toString();
    check();
  });
  let waiting: { text: string; times: number; resolve: () => void } | undefined;
  function setRawMode(this: { isRaw: boolean }, isRaw: boolean): void {
    this.isRaw = isRaw;
  }
  function check(): void {
    if (waiting === undefined || screen.split(waiting.text).length <= waiting.times) return;
    waiting.resolve();
    waiting = undefined;
  }
  return {
    terminal: { input, output } as Terminal,
    screen: () => screen,
    isRaw: () => input.isRaw,
    type: (keys: string) => void input.write(keys),
    /** Resolves once a text has been shown so many times. */
    shown: (text: string, times = 1) =>
      new Promise<void>((resolve) => {
        waiting = { text, times, resolve };
        check();
      }),
  };
}

const asking = (terminal: Terminal) => wifiOf({ option: undefined, env: {}, kept: undefined, isNeeded: true, terminal });
const secret = `se"cr\\et'%`;

test("a password is not shown while it is typed, and the terminal echoes nothing itself", async () => {
  const { terminal, type, shown, screen, isRaw } = virtualTerminal();
  const wifi = asking(terminal);
  await shown("Wi-Fi name: ");
  expect(isRaw()).toBe(true);
  type("at home\r");
  await shown("open network): ");
  for (const key of `${secret}x\x7f1`) type(key);
  type("\r");
  expect(await wifi).toEqual({ ssid: "at home", password: `${secret}1` });
  expect(screen()).toContain("at home");
  const typed = screen().slice(screen().indexOf("open network): "));
  expect(typed).toBe("open network): \n");
  expect(isRaw()).toBe(false);
});

test("a wrong password is told and asked for again, without a trace of the first", async () => {
  const { terminal, type, shown, screen } = virtualTerminal();
  const wifi = asking(terminal);
  await shown("Wi-Fi name: ");
  type("at home\r");
  await shown("open network): ");
  type("tiny\r");
  await shown("Wi-Fi name: ", 2);
  expect(screen()).toContain("The Wi-Fi password must have 8 to 63 characters");
  type("\x1b[A\x1b[A"); // What the arrow would bring back is the password.
  type("at work\r");
  await shown("open network): ", 2);
  type("large enough\r");
  expect(await wifi).toEqual({ ssid: "at work", password: "large enough" });
  expect(screen()).not.toContain("tiny");
  expect(screen()).not.toContain("large enough");
});

test("lines that are pasted together are the answers one after the other", async () => {
  const { terminal, type, shown, screen } = virtualTerminal();
  const wifi = asking(terminal);
  await shown("Wi-Fi name: ");
  type(`at home\r${secret}\r`);
  expect(await wifi).toEqual({ ssid: "at home", password: secret });
  expect(screen()).not.toContain(secret);
});

test.each([
  ["Ctrl-C", "\x03"],
  ["Ctrl-D", "\x04"],
])("%s ends the questions, and nothing is made", async (_name, key) => {
  const { terminal, type, shown, isRaw } = virtualTerminal();
  const wifi = asking(terminal);
  await shown("Wi-Fi name: ");
  type(key);
  await expect(wifi).rejects.toThrow("nothing was written: the question was not answered");
  expect(isRaw()).toBe(false);
});

test("on a terminal of the system, whose own echo is on, the password is not seen either", { timeout: 30_000 }, async () => {
  const line = openCommandLine();
  try {
    mkdirSync(join(line.dir, "own"));
    writeFileSync(join(line.dir, "own/settings.json"), JSON.stringify({ thingName: "own", endpoint: "broker.lan", tls: false }));
    const command = [process.execPath, join(root, "tools/cli/bin.mjs"), "provision", "own", "--from-files", "own", "--nvs", "own.bin"];
    // `script` of util-linux gives the program a terminal.
    const script = spawn("script", ["-qfec", command.join(" "), "/dev/null"], { cwd: line.dir, stdio: ["pipe", "pipe", "inherit"] });
    const answers = [
      ["Wi-Fi name: ", "at home\r"],
      ["open network): ", `${secret}1\r`],
    ] as [string, string][];
    let screen = "";
    script.stdout.on("data", (piece: Buffer) => {
      screen += piece.toString();
      if (answers[0] !== undefined && screen.includes(answers[0][0])) script.stdin.write(answers.shift()?.[1] ?? "");
    });
    await new Promise((resolve) => script.once("close", resolve));
    expect(screen).toContain("Wi-Fi name: at home");
    expect(screen).toContain("own.bin makes a board own");
    expect(screen).not.toContain(secret);
    const settings = readIdentity(readFileSync(join(line.dir, "own.bin")))["settings.json"] ?? "";
    expect(JSON.parse(settings)).toMatchObject({ wifi: { ssid: "at home", password: `${secret}1` } });
  } finally {
    line.close();
  }
});
