/** How a stock board comes up: init.lua, the bundle, its settings and its identity, and what happens when one of them is wrong. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { agentBundle, root } from "../tools/bundle/targets";
import { openAuthority } from "../tools/jobs-service/certificates";
import { buildImage } from "../tools/virtual-esp32/image";
import { boardWith, type ProgramBoard, type Surroundings } from "./surroundings/board-program";
import { startBroker } from "./surroundings/broker";
import { scriptedBroker } from "./surroundings/scripted-broker";

const initLua = readFileSync(join(root, "firmware/init.lua"), "utf8");
const agentLua = readFileSync(agentBundle.luaFile, "utf8");
const good = { thingName: "lamp", endpoint: "localhost", port: 1883, tls: false, wifi: { ssid: "home", password: "secret" } };

interface Scene extends ProgramBoard {
  readonly restarts: string[];
}

/** A board with init.lua and these files. */
function boardOf(files: Record<string, string>, surroundings: Surroundings = {}): Scene {
  const made = boardWith(initLua, surroundings);
  for (const [name, text] of Object.entries(files)) made.board.files.write(name, text);
  const restarts: string[] = [];
  made.board.on("restart", ({ reason }) => restarts.push(reason));
  return { ...made, restarts };
}

function imageWith(bundle: string, version = "1.0.0"): Buffer {
  return buildImage({ version, project: "esp32-jobs", sizeBytes: 65536, modules: { agent: bundle } });
}

/** A board whose firmware carries the agent. */
function agentBoard(files: Record<string, string>, surroundings: Surroundings = {}, bundle = agentLua): Scene {
  const made = boardOf(files, surroundings);
  made.board.flash("ota_0", imageWith(bundle));
  return made;
}

/** An error comes, and two seconds later one restart. */
async function restartsAfterError({ board, lines, restarts, until, pass }: Scene): Promise<void> {
  board.powerOn();
  await until(() => lines.some((line) => line.startsWith("error:")), "the error");
  await pass(1_900);
  expect(restarts).toEqual([]);
  await pass(200);
  expect(restarts).toEqual(["restart"]);
}

describe("init.lua", () => {
  test("is all that stock firmware boots: without it the prompt waits", async () => {
    const { board, lines, pass, restarts } = agentBoard({ "settings.json": JSON.stringify(good) });
    board.files.remove("init.lua");
    board.powerOn();
    await pass(120_000);
    expect(lines).toEqual(["cannot open init.lua"]);
    expect(restarts).toEqual([]);
  });

  test("starts the agent from agent.lua", async () => {
    const { board, lines, until } = boardOf({ "agent.lua": "bootGuard:unregister() print('the agent')" });
    board.powerOn();
    await until(() => lines.length > 0, "the agent");
    expect(lines).toEqual(["the agent"]);
  });

  test("restarts a minute after an agent that does not load", async () => {
    const { board, lines, restarts, until, time } = boardOf({ "agent.lua": "error('broken')" });
    const begin = time.now();
    board.powerOn();
    await until(() => restarts.length > 0, "the restart");
    expect(lines[0]).toMatch(/^The agent did not start.*broken/);
    expect(time.now() - begin).toBeGreaterThan(55_000);
  });

  test("does not start the agent while there is a file named hold", async () => {
    const { board, lines, until, pass, restarts } = boardOf({ "agent.lua": "print('the agent')", hold: "" });
    board.powerOn();
    await until(() => lines.length > 0, "a word");
    await pass(180_000);
    expect(lines).toEqual(['The agent is held. To start it:  file.remove("hold") node.restart()']);
    expect(restarts).toEqual([]);
  });
});

describe("the agent on a board", () => {
  test("comes online with nothing but settings.json, and stays up", async () => {
    const { board, lines, until, pass, restarts } = agentBoard({ "settings.json": JSON.stringify(good) }, { network: scriptedBroker() });
    board.powerOn();
    await until(() => lines.includes("online"), "the connection");
    await pass(120_000);
    expect(restarts).toEqual([]);
    expect(lines.join("\n")).toContain("limit: stock firmware: download URLs up to 465 bytes");
  });

  test("comes online over mutual TLS with PEM files as any tool writes them: mqtt wants a NUL after each", async () => {
    const authority = await openAuthority();
    const server = await authority.issueServer(["localhost"]);
    const device = await authority.issueDevice("lamp");
    const broker = await startBroker(
      { now: () => 0, after: () => () => undefined, skip: () => undefined },
      { cert: server.certificate, key: server.privateKey, ca: authority.ca },
    );
    const identity = { "ca.pem": authority.ca, "cert.pem": device.certificate, "key.pem": device.privateKey };
    const settings = { "settings.json": JSON.stringify({ ...good, tls: true, port: broker.port }) };
    const { board, lines, until } = agentBoard({ ...identity, ...settings }, { overSockets: true });
    board.powerOn();
    await until(() => lines.includes("online"), "the connection");
    board.powerOff();
    await broker.stop();
  });

  test.each([
    ["this board has no identity (settings.json is missing)", undefined],
    ["settings.json does not hold a JSON object", '{"thingName":'],
    ['setting "endpoint" is missing', { ...good, endpoint: undefined }],
    ['setting "thingName" must have at most 32 characters on this firmware', { ...good, thingName: "a".repeat(33) }],
    ['setting "port" must not be 443 on this firmware', { ...good, tls: true, port: 443 }],
    ["this board's identity lacks ca.pem, cert.pem, key.pem", { ...good, tls: true }],
  ])("says each minute that %s, and waits for a person without restarting", async (problem, settings) => {
    const files: Record<string, string> =
      settings === undefined ? {} : { "settings.json": typeof settings === "string" ? settings : JSON.stringify(settings) };
    const { board, lines, until, pass, restarts } = agentBoard(files);
    board.powerOn();
    await until(() => lines.some((line) => line.startsWith("esp32-jobs cannot start")), "the reason");
    await pass(125_000);
    const said = [
      `esp32-jobs cannot start: ${problem}`,
      "Put settings.json, ca.pem, cert.pem and key.pem on its file system (firmware/README.md, 3 and 4), then node.restart()",
    ];
    expect(lines).toEqual([...said, ...said, ...said]);
    expect(restarts).toEqual([]);
  });

  test("restarts two seconds after an error in a callback, once, and says what it was", async () => {
    const faulty = `for n = 1, 2 do tmr.create():alarm(20000 + 500 * n, tmr.ALARM_SINGLE, function() error("number " .. n) end) end\n`;
    const scene = agentBoard({ "settings.json": JSON.stringify(good) }, { network: scriptedBroker() }, faulty + agentLua);
    await restartsAfterError(scene);
    expect(scene.lines.filter((line) => line.startsWith("error:"))).toEqual([
      expect.stringContaining("number 1"),
      expect.stringContaining("number 2"),
    ]);
  });

  test("restarts after an error also when the timer for that does not start at first, for want of memory", async () => {
    const poor = `
      local real, isPoor = bootGuard, true
      bootGuard = {
        unregister = function() real:unregister() end,
        alarm = function(_, ms, mode, f)
          if ms == 2000 and isPoor then isPoor = false error("FreeRTOS timer creation failed") end
          real:alarm(ms, mode, f)
        end,
      }
      tmr.create():alarm(20000, tmr.ALARM_SINGLE, function() error("a mistake") end)\n`;
    const files = { "settings.json": JSON.stringify(good) };
    await restartsAfterError(agentBoard(files, { network: scriptedBroker() }, poor + agentLua));
  });

  test("goes back to the firmware before when the new one cannot read the settings", async () => {
    const update = `
      if otaupgrade.info() == "ota_1" then return dofile("stock.lua") end
      local f = io.open("image", "rb")
      otaupgrade.commence() otaupgrade.write(f:read("a")) otaupgrade.complete(1)`;
    const { board, lines, until } = boardOf({ "init.lua": update, "stock.lua": initLua, "settings.json": "{}" });
    board.files.write("image", imageWith(agentLua, "2.0.0"));
    board.powerOn();
    await until(() => lines.some((line) => line.startsWith("esp32-jobs cannot start")), "the reason");
    expect(board.slots()).toMatchObject({ running: "ota_1", states: { ota_1: "testing" } });
    board.files.write("init.lua", "print('the firmware before')");
    await until(() => lines.includes("the firmware before"), "the rollback");
    expect(board.slots()).toMatchObject({ running: "ota_0", states: { ota_1: "aborted" } });
  });
});
