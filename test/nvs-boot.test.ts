/** The whole way: a thing's identity made against a service, written to NVS, and a board with our firmware that is then that thing. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { luaModules } from "../tools/cli/virtual-board";
import { systemTime } from "../tools/time";
import { createBoard } from "../tools/virtual-esp32";
import { buildImage } from "../tools/virtual-esp32/image";
import { openCommandLine, startUp } from "./surroundings/command-line";

const line = openCommandLine({ ESP32_JOBS_WIFI_SSID: `"the \\ café"`, ESP32_JOBS_WIFI_PASSWORD: `'\\"pass$word` });
afterAll(line.close);
beforeAll(async () => {
  await startUp(line, "--no-board");
}, 30_000);

test("a board is the thing whose image it was given, whatever its name and its network are called", { timeout: 60_000 }, async () => {
  const thing = "room:4711:".repeat(13).slice(0, 128);
  await line.json("provision", thing, "--nvs", "board.bin", "--out", "board");
  rmSync(join(line.dir, "board"), { recursive: true });

  const lines: string[] = [];
  const board = createBoard({ firmware: "jobsfw", time: systemTime(), log: (text) => lines.push(text) });
  board.flash("ota_0", buildImage({ version: "1.0.0", project: "esp32-jobs", sizeBytes: 262_144, modules: luaModules() }));
  board.nvs.flash(readFileSync(join(line.dir, "board.bin")));
  board.powerOn();
  try {
    const words = ["job", "create", "blink", "count=1", "onTime=50", "offTime=50", "--thing", thing, "--wait", "--timeout", "40"];
    const done = await line.run(...words, "--json");
    expect(lines.join("\n")).toContain(thing);
    expect(lines.join("\n")).not.toContain("pass$word");
    expect(JSON.parse(done.out)).toMatchObject({ job: { status: "COMPLETED" }, executions: [{ thingName: thing, status: "SUCCEEDED" }] });
    expect(board.files.list()).not.toContain("settings.json");
  } finally {
    board.powerOff();
  }
});

test("a board whose image is corrupt says that it has no identity, and how to give it one", { timeout: 60_000 }, async () => {
  await line.json("provision", "lamp-01", "--nvs", "corrupt.bin", "--out", "corrupt");
  const image = readFileSync(join(line.dir, "corrupt.bin"));
  image[0x800]! ^= 0x10; // Within the settings or a certificate: their CRC is then wrong.
  const lines: string[] = [];
  const board = createBoard({ firmware: "jobsfw", time: systemTime(), log: (text) => lines.push(text) });
  board.flash("ota_0", buildImage({ version: "1.0.0", project: "esp32-jobs", sizeBytes: 262_144, modules: luaModules() }));
  board.nvs.flash(image);
  board.powerOn();
  try {
    await vi.waitFor(() => expect(lines.join("\n")).toMatch(/this board has no identity[^]*esp32-jobs provision/), { timeout: 20_000 });
  } finally {
    board.powerOff();
  }
});

test("an agent on Node.js takes PEM files with Windows line ends", { timeout: 60_000 }, async () => {
  await line.json("provision", "desk-01", "--out", "desk");
  for (const name of ["ca.pem", "cert.pem", "key.pem"].map((each) => join(line.dir, "desk", each)))
    writeFileSync(name, readFileSync(name, "utf8").replaceAll("\n", "\r\n"));
  const agent = line.start("agent", "--identity", "desk");
  try {
    const words = ["job", "create", "describe", "--thing", "desk-01", "--wait", "--timeout", "40"];
    expect(await line.json(...words)).toMatchObject({ executions: [{ thingName: "desk-01", status: "SUCCEEDED" }] });
  } finally {
    agent.kill("SIGINT");
  }
});
