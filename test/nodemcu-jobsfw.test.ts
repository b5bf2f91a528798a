/** The agent on firmware with our component: identity and records in NVS, and what moves there from a board with stock firmware. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { agentBundle } from "../tools/bundle/targets";
import { luaModules } from "../tools/cli/virtual-board";
import { openAuthority } from "../tools/jobs-service/certificates";
import { buildImage } from "../tools/virtual-esp32/image";
import { boardWith, compileForBoard, type ProgramBoard } from "./surroundings/board-program";
import { scriptedBroker, type ScriptedBroker } from "./surroundings/scripted-broker";

const firmware = "jobsfw";
const agentLua = readFileSync(agentBundle.luaFile, "utf8");
const settings = { thingName: "l".repeat(128), endpoint: "broker", port: 1883, tls: false, wifi: { ssid: "home", password: "secret" } };

/** A board whose firmware carries the agent, without a file. */
function agentBoard(agent = agentLua): ProgramBoard & { broker: ScriptedBroker; restarts: string[] } {
  const broker = scriptedBroker();
  const made = boardWith("", { firmware, network: broker });
  made.board.flash("ota_0", buildImage({ version: "1.0.0", project: "esp32-jobs", sizeBytes: 65536, modules: luaModules(agent) }));
  const restarts: string[] = [];
  made.board.on("restart", ({ reason }) => restarts.push(reason));
  return { ...made, broker, restarts };
}

/** It joins no network, so that nothing but the boot happens. */
const alone = JSON.stringify({ ...settings, wifi: undefined, tls: false });
const reasonsIn = (lines: readonly string[]): string[] =>
  lines.filter((line) => line.includes("boot reason")).map((line) => line.replace(/.*boot reason /, ""));

describe("the agent with the component", () => {
  test("comes online with an identity in NVS, under a thing name of 128 characters, and without the limits of stock firmware", async () => {
    const { board, broker, lines, until } = agentBoard();
    board.nvs.write("identity", "settings.json", JSON.stringify(settings));
    board.powerOn();
    await until(() => lines.includes("online"), "the connection");
    expect(broker.callers[0]?.received[0]).toMatchObject({ cmd: "connect", clientId: settings.thingName });
    expect(lines.filter((line) => line.includes("stock firmware") || line.includes("safe mode"))).toEqual([]);
    expect(lines.join("\n")).toContain("boot reason power");
    expect(board.files.list()).toEqual([]);
  });

  test("comes online with the files of a board that had stock firmware before", async () => {
    const { board, lines, until } = agentBoard();
    board.files.write("settings.json", JSON.stringify(settings));
    board.powerOn();
    await until(() => lines.includes("online"), "the connection");
  });

  test.each([
    ["while true do end", "watchdog"],
    ["local t = {} for i = 1, 60 do t[i] = ('x'):rep(4000) .. i end keep = t node.heap()", "crash"],
    ["jobsfw.watchdog(1000) while true do tmr.wdclr() end", "restart"],
  ])("after %s it tells the reason %s", async (ending, reason) => {
    const { board, lines, until } = agentBoard(`if jobsfw.reason() == "poweron" then ${ending} end\n${agentLua}`);
    board.nvs.write("identity", "settings.json", JSON.stringify(settings));
    board.powerOn();
    await until(() => lines.some((line) => line.includes("boot reason")), "the start");
    expect(reasonsIn(lines)).toEqual([reason]);
  });

  test.each([
    ["this board has no identity (settings.json is missing)", undefined, "settings.json"],
    ['setting "endpoint" is missing', { thingName: "lamp" }, "settings.json"],
    ["this board's identity lacks cert.pem, key.pem", { ...settings, tls: true }, "cert.pem"],
  ])("says each minute that %s, and how to give it one", async (problem, values, part) => {
    const { board, lines, until, pass, restarts } = agentBoard();
    if (values !== undefined) board.nvs.write("identity", "settings.json", JSON.stringify(values));
    board.nvs.write("identity", "ca.pem", "a root");
    board.powerOn();
    await until(() => lines.length > 0, "a word");
    await pass(65_000);
    const said = [
      `esp32-jobs cannot start: ${problem}`,
      "On your computer: npx esp32-jobs provision THING --nvs THING.nvs.bin, then make flash PORT=... IDENTITY=THING.nvs.bin",
      `Or here: jobsfw.set("identity", "${part}", [[...]]), at last node.restart()`,
    ];
    expect(lines).toEqual([...said, ...said]);
    expect(restarts).toEqual([]);
  });

  test("takes an identity that is typed at the console, as the message says: PEM texts with their own lines", async () => {
    const { ca } = await openAuthority();
    const { board, lines, until, pass } = agentBoard();
    board.powerOn();
    await until(() => lines.length > 0, "the message");
    const name = "l".repeat(40);
    const typed = [
      `jobsfw.set("identity", "settings.json", [[${JSON.stringify({ ...settings, thingName: name })}]])`,
      `jobsfw.set("identity", "ca.pem", [[${ca.trim()}]])`,
    ];
    for (const text of typed) {
      for (const line of text.split("\n")) expect(line.length).toBeLessThan(250);
      board.type(Buffer.from(`${text}\n`));
      await pass(1000);
    }
    expect(board.nvs.read("identity", "ca.pem")?.toString()).toBe(ca.trim());
    board.type(Buffer.from("node.restart()\n"));
    await until(() => lines.includes("online"), "the connection");
    expect(lines.join("\n")).toContain(`${name}: firmware 1.0.0`);
  });
});

describe("what restarts a board that does not come up", () => {
  test.each([
    ["raises", "error('broken')", /^The agent did not start, the board restarts in a minute: build\/agent\.lua:1: broken$/],
    ["is busy for ever", "while true do tmr.wdclr() end", undefined],
    ["does nothing", "", undefined],
  ])("is there before the agent is loaded: one that %s", async (_what, agent, says) => {
    const { board, lines, until, restarts, time } = agentBoard(agent);
    board.powerOn();
    const begin = time.now();
    await until(() => restarts.length > 0, "the restart");
    expect(restarts).toEqual(["restart"]);
    expect(Math.abs(time.now() - begin - 60_300)).toBeLessThan(300);
    if (says !== undefined) expect(lines[0]).toMatch(says);
  });

  test("is called off when the agent is up, or is held", async () => {
    for (const held of [false, true]) {
      const { board, lines, until, pass, restarts } = agentBoard();
      board.nvs.write("identity", "settings.json", alone);
      if (held) board.files.write("hold", "");
      board.powerOn();
      await until(() => lines.length > 0, "a word");
      await pass(600_000);
      expect(lines[0]).toContain(held ? "The agent is held" : "boot reason power");
      expect(restarts).toEqual([]);
    }
  });

  test("is called off by who types hold=1 within the first second at a board that keeps failing", async () => {
    const { board, lines, until, pass, restarts } = agentBoard("error('broken')");
    board.powerOn();
    await pass(500);
    board.type(Buffer.from("hold=1\n"));
    await until(() => lines.some((line) => line.startsWith("The agent is held.")), "the word");
    await pass(120_000);
    expect(restarts).toEqual([]);
    board.type(Buffer.from('file.remove("hold") node.restart()\n'));
    await until(() => lines.some((line) => line.startsWith("The agent did not start")), "the agent's error");
  });

  test("is no use to firmware without its Lua: the prompt says why", async () => {
    const { board, lines, pass } = agentBoard();
    board.flash("ota_0", buildImage({ version: "1.0.0", project: "esp32-jobs", sizeBytes: 65536 }));
    board.powerOn();
    await pass(1000);
    expect(lines[0]).toBe("INIT:1: attempt to call a nil value");
  });
});

describe("a record that stock firmware left in a file", () => {
  const program = (onTrial: boolean): string => `
import { jobsfwAbilities } from "nodemcu/jobsfw";
import { nodemcuRecords } from "nodemcu/records";

if (jobsfw === undefined) {
  nodemcuRecords.write("journal", "of stock");
} else {
  const { records } = jobsfwAbilities(jobsfw, ${onTrial});
  print(records.read("journal"));
  print(tostring(records.write("journal", "newer")));
  print(records.read("journal"));
}
print("done");
`;
  let moving = "";
  let trying = "";
  beforeAll(() => {
    moving = compileForBoard(program(false));
    trying = compileForBoard(program(true));
  }, 60_000);

  /** The files of a board that ran the program with stock firmware. */
  async function filesOfStock(): Promise<Map<string, Buffer>> {
    const { board, lines, until } = boardWith(moving);
    board.powerOn();
    await until(() => lines.includes("done"), "the record");
    board.powerOff();
    const names = board.files.list().filter((name) => name.startsWith("journal"));
    return new Map(names.map((name) => [name, board.files.read(name) ?? Buffer.alloc(0)]));
  }

  test("is moved once, and is there after a power cut at any write", async () => {
    const files = await filesOfStock();
    let wasCut = true;
    let cuts = 0;
    for (let at = 1; wasCut; at++) {
      const { board, lines, until } = boardWith(moving, { firmware, seed: at });
      for (const [name, contents] of files) board.files.write(name, contents);
      board.cutPowerAtWrite(at);
      board.powerOn();
      await until(() => lines.includes("done") || !board.powered, "the end of a boot");
      wasCut = !board.powered;
      if (wasCut) {
        cuts++;
        lines.length = 0;
        board.powerOn();
        await until(() => lines.includes("done"), "the end of a boot");
      }
      expect(["of stock", "newer"]).toContain(lines[0]);
      expect(lines.slice(1)).toEqual(["true", "newer", "done"]);
      expect(board.nvs.read("records", "journal")?.toString()).toBe("newer");
      expect(board.files.list().filter((name) => name.startsWith("journal"))).toEqual([]);
    }
    // Two of otadata at the first boot, the copy, the removal, the new record.
    expect(cuts).toBe(5);
  });

  test("stays in its file while the firmware is on trial: the one before may need it again", async () => {
    const { board, lines, until } = boardWith(trying, { firmware });
    for (const [name, contents] of await filesOfStock()) board.files.write(name, contents);
    board.powerOn();
    await until(() => lines.includes("done"), "the end of a boot");
    expect(lines).toEqual(["of stock", "true", "newer", "done"]);
    expect(board.nvs.read("records", "journal")).toBeUndefined();
    expect(board.files.read("journal.record")?.toString()).toMatch(/newer$/);
  });
});
