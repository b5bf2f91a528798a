/** What the pages say to type at a board's prompt, typed as it is printed, through the serial port. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agentBundle, root } from "../tools/bundle/targets";
import { createConsoleText } from "../tools/firmware/console-text";
import { flashBoard } from "../tools/firmware/flash-board";
import { planFlash } from "../tools/firmware/flash-plan";
import { startMonitor, type Monitor } from "../tools/firmware/monitor";
import { systemTime } from "../tools/time";
import { createBoard } from "../tools/virtual-esp32";
import { createSimulatedBinding } from "../tools/virtual-esp32/serial/binding";
import { createSerialBoard } from "../tools/virtual-esp32/serial/board";
import { bootsFromFlash } from "../tools/virtual-esp32/serial/flashed-board";
import { makeBuild } from "./surroundings/firmware-build";

const path = "/dev/ttyUSB0";
const page = readFileSync(join(root, "docs/failures.md"), "utf8");
const chip = createBoard({ time: systemTime(), firmware: "jobsfw" });
const board = createSerialBoard({ boot: bootsFromFlash(chip) });
const binding = createSimulatedBinding({ path, board });
let monitor: Monitor;
let shown = "";
let wake: () => void = () => undefined;

beforeAll(async () => {
  await flashBoard(planFlash({ from: makeBuild({ bundle: readFileSync(agentBundle.luaFile, "utf8") }) }), {
    binding,
    path,
    baudRate: 460800,
  });
  const text = createConsoleText({
    time: systemTime(),
    line: ({ text: line, shownLength }) => hear(`${line.slice(shownLength)}\n`),
    part: hear,
  });
  const options = { binding, path, baudRate: 115200, time: systemTime(), resets: true, hear: text.feed, changed: () => undefined };
  monitor = await startMonitor(options);
}, 30_000);
afterAll(async () => {
  await monitor.stop();
  chip.powerOff();
});

function hear(piece: string): void {
  shown += piece;
  wake();
}

/** Resolves once the console shows this; what it has shown by then is over. */
async function sees(text: string): Promise<void> {
  while (!shown.includes(text)) await new Promise<void>((resolve) => (wake = resolve));
  shown = shown.slice(shown.indexOf(text) + text.length);
}

/** The code that the page has behind some words, typed with the end of line of a terminal's Enter key. */
function typeWhatStandsBehind(words: string): void {
  const code = new RegExp(`${words} \`([^\`]+)\``).exec(page)?.[1];
  if (code === undefined) throw new Error(`the page has no code behind "${words}"`);
  monitor.type(Buffer.from(`${code}\r`));
}

const patience = { timeout: 30_000 };

test("a board without an identity says so, and has a prompt", patience, async () => {
  await sees("> ");
  await sees("cannot start: this board has no identity (settings.json is missing)");
  await sees(`Or here: jobsfw.set("identity", "settings.json", [[`);
});

test("the agent is kept from starting, and let go again", patience, async () => {
  typeWhatStandsBehind("To keep the agent from starting, type at the prompt");
  await sees("The agent is held. To start it:");
  typeWhatStandsBehind("to let it start again,");
  await sees("cannot start: this board has no identity");
});

test("in the second after the prompt appears it is kept from starting once", patience, async () => {
  monitor.type(Buffer.from("node.restart()\r"));
  await sees("\n> ");
  typeWhatStandsBehind("again and again, type");
  await sees("The agent is held.");
});

test("an identity in pieces, lines and all, is what NVS has", patience, async () => {
  const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  monitor.type(Buffer.from(`jobsfw.set("identity", "cert.pem", [[${pem.replaceAll("\n", "\r")}]])\r`));
  await sees("]])");
  await sees("> ");
  expect(chip.nvs.read("identity", "cert.pem")?.toString()).toBe(pem);
  monitor.type(Buffer.from(`=jobsfw.get("identity", "cert.pem")\r`));
  await sees("END CERTIFICATE");
});
