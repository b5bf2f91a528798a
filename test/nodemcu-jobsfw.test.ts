/** The agent on firmware with our component: identity and records in NVS, and what moves there from a board with stock firmware. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { agentBundle } from "../tools/bundle/targets";
import { buildImage } from "../tools/virtual-esp32/image";
import { boardWith, compileForBoard, type ProgramBoard } from "./surroundings/board-program";
import { scriptedBroker, type ScriptedBroker } from "./surroundings/scripted-broker";

const firmware = "jobsfw";
const agentLua = readFileSync(agentBundle.luaFile, "utf8");
const settings = { thingName: "l".repeat(128), endpoint: "broker", port: 1883, tls: false, wifi: { ssid: "home", password: "secret" } };

/** A board whose firmware carries the agent, without a file. */
function agentBoard(): ProgramBoard & { broker: ScriptedBroker } {
  const broker = scriptedBroker();
  const made = boardWith("", { firmware, network: broker });
  made.board.files.remove("init.lua");
  made.board.flash("ota_0", buildImage({ version: "1.0.0", project: "esp32-jobs", sizeBytes: 65536, bundle: agentLua }));
  return { ...made, broker };
}

describe("the agent with the component", () => {
  test("comes online with an identity in NVS, under a thing name of 128 characters, and without the limits of stock firmware", async () => {
    const { board, broker, lines, until } = agentBoard();
    board.nvs.write("identity", "settings.json", JSON.stringify(settings));
    board.powerOn();
    await until(() => lines.includes("online"), "the connection");
    expect(broker.callers[0]?.received[0]).toMatchObject({ cmd: "connect", clientId: settings.thingName });
    expect(lines.filter((line) => line.includes("stock firmware"))).toEqual([]);
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
    ["jobsfw.watchdog(1000) hold = true", "restart"],
  ])("after %s it tells the reason %s", async (ending, reason) => {
    const { board, lines, until } = agentBoard();
    board.nvs.write("identity", "settings.json", JSON.stringify(settings));
    board.files.write("init.lua", `if jobsfw.reason() == "poweron" then ${ending} end if not hold then node.LFS.get("agent")() end`);
    board.powerOn();
    await until(() => lines.some((line) => line.includes("boot reason")), "the start");
    expect(lines.find((line) => line.includes("boot reason"))).toContain(`boot reason ${reason}`);
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
