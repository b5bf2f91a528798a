/** Firmware that crashes: three times in a row lead to safe mode, and out of it lead an update, the power switch, and ten quiet minutes. */
import { afterEach, describe, expect, test } from "vitest";
import { luaModules, readBundle } from "../../tools/cli/virtual-board";
import { buildImage } from "../../tools/virtual-esp32/image";
import { openWorld, type World } from "./world";

const blink = { action: "blink", pin: 2, count: 1, onTime: 100, offTime: 100 };
const safeMode = /^safe mode after (\d+) crashes in a row: only jobs for describe, ota, until 10 minutes have passed without a crash$/;
/** What the crash is, in Lua, and the boot reason that follows. */
const watchdog = ["while true do end", "watchdog"] as const;
const panic = ["local t = {} for i = 1, 60 do t[i] = ('x'):rep(4000) .. i end keep = t node.heap()", "crash"] as const;
const error = ["error('a mistake')", "restart"] as const;

let world: World;
afterEach(() => world.close());

/** Lua that does this so many seconds after each boot. */
function after(seconds: number, lua: string): string {
  return `tmr.create():alarm(${seconds * 1000}, tmr.ALARM_SINGLE, function() ${lua} end)\n`;
}

function bootReasons(): string[] {
  return world.lines.flatMap((line) => /boot reason (\w+)/.exec(line)?.[1] ?? []);
}
function isSafe(): boolean {
  return world.lines.some((line) => safeMode.test(line));
}

/** A board whose firmware does something besides being the agent. It is on. */
async function faulty(lua: string, firmware: "stock" | "jobsfw" = "jobsfw", settings?: Record<string, unknown>): Promise<void> {
  world = await openWorld({ board: { firmware }, ...(settings !== undefined && { settings }) });
  const modules = luaModules(lua + readBundle());
  world.board.flash("ota_0", buildImage({ version: "1.0.0", project: "esp32-jobs", sizeBytes: 262_144, modules }));
  world.board.powerOn();
}

async function untilSafe(): Promise<void> {
  await world.until(isSafe, 600_000);
  await world.until(() => world.lines.at(-1) === "online");
}

describe.each([
  ["jobsfw", watchdog],
  ["jobsfw", panic],
  ["jobsfw", error],
  ["stock", panic],
  ["stock", error],
] as const)("%s firmware that crashes again and again by %s", (firmware, [lua, reason]) => {
  // The watchdog's limit is ten million instructions, which take their time here.
  test("comes up in safe mode after the third time, tells so, and lets itself be replaced", { timeout: 60_000 }, async () => {
    // Firmware of such a kind crashes by what it does beside the jobs, which in safe mode it would not do.
    await faulty(`if not file.exists("quiet") then ${after(15, lua)} end\n`, firmware);
    await world.until(() => bootReasons().length === 3, 120_000);
    expect(isSafe()).toBe(false);
    world.board.files.write("quiet", "");
    await untilSafe();
    expect(bootReasons()).toEqual(["power", reason, reason, reason]);
    world.createJob("b", blink);
    expect(await world.ended("b")).toBe("FAILED SAFE_MODE");
    expect(world.details("b")["reason"]).toBe("blink is not done in safe mode, after 3 crashes in a row");
    world.createJob("d", { action: "describe" });
    expect(await world.ended("d")).toBe("SUCCEEDED");
    expect(world.details("d")).toMatchObject({ safeMode: "after 3 crashes in a row", bootReason: reason });
    world.createJob("u", { action: "ota", ...world.publish("2.0.0") });
    expect(await world.ended("u", 300_000)).toBe("SUCCEEDED");
    world.createJob("b2", blink);
    expect(await world.ended("b2")).toBe("SUCCEEDED");
    expect(world.lines.filter((line) => safeMode.test(line))).toHaveLength(1);
  });
});

describe("a row of crashes", { timeout: 60_000 }, () => {
  test("goes on in safe mode, however often, and is still answered: no job stays open", async () => {
    await faulty(after(15, panic[0]));
    await world.until(() => world.lines.some((line) => line.includes("after 5 crashes")), 600_000);
    world.createJob("b", blink);
    expect(await world.ended("b", 60_000)).toBe("FAILED SAFE_MODE");
  });

  test("is over when the power was off", async () => {
    await faulty(after(15, panic[0]));
    await untilSafe();
    world.board.powerOff();
    world.lines.length = 0;
    world.board.powerOn();
    await world.until(() => world.lines.at(-1) === "online");
    world.createJob("b", blink);
    expect(await world.ended("b")).toBe("SUCCEEDED");
    expect(isSafe()).toBe(false);
  });

  test("is over after ten minutes without one, and safe mode with it, without a restart", async () => {
    await faulty(`if not file.exists("quiet") then ${after(15, panic[0])} end\n`);
    await world.until(() => bootReasons().length === 3, 120_000);
    world.board.files.write("quiet", "");
    await untilSafe();
    await world.pass(590_000);
    world.createJob("b", blink);
    expect(await world.ended("b")).toBe("FAILED SAFE_MODE");
    await world.until(() => world.lines.at(-1) === "safe mode is over", 20_000);
    world.createJob("b2", blink);
    expect(await world.ended("b2")).toBe("SUCCEEDED");
    expect(bootReasons()).toHaveLength(4);
  });

  test("does not come of crashes that are eleven minutes apart", async () => {
    await faulty(after(660, panic[0]));
    await world.until(() => bootReasons().length === 5, 3_600_000);
    expect(isSafe()).toBe(false);
  });

  test("is neither made longer nor ended by a restart that somebody asks for at the console", async () => {
    const typed = after(12, "if file.exists('typed') then node.restart() end");
    await faulty(`if file.exists("quiet") then ${typed} else ${after(15, panic[0])} end\n`);
    await world.until(() => bootReasons().length === 3, 120_000);
    world.board.files.write("quiet", "");
    await untilSafe();
    world.board.files.write("typed", "");
    await world.until(() => bootReasons().length === 5, 60_000);
    expect(bootReasons()).toEqual(["power", "crash", "crash", "crash", "restart"]);
    expect(world.lines.flatMap((line) => safeMode.exec(line)?.[1] ?? [])).toEqual(["3", "3"]);
  });

  test("does not come of reboot jobs", async () => {
    await faulty("");
    for (const jobId of ["a", "b", "c", "d"]) {
      world.createJob(jobId, { action: "reboot" });
      expect(await world.ended(jobId)).toBe("SUCCEEDED");
    }
    expect(bootReasons()).toEqual(["power", "restart", "restart", "restart", "restart"]);
    expect(isSafe()).toBe(false);
  });

  test("comes of boots that did not come up, too: the chip's timer restarts them, while Lua is busy", async () => {
    const busy = "wifi = setmetatable({ start = function() while true do tmr.wdclr() end end }, { __index = wifi })";
    await faulty(`if not file.exists("quiet") then ${busy} end\n`);
    const restarts: string[] = [];
    world.board.on("restart", ({ reason }) => restarts.push(reason));
    await world.until(() => restarts.length === 3, 240_000);
    expect(restarts).toEqual(["restart", "restart", "restart"]);
    world.board.files.write("quiet", "");
    await untilSafe();
    expect(bootReasons()).toEqual(["restart"]);
  });

  test("wears no flash", async () => {
    await faulty(after(15, panic[0]));
    const written: string[] = [];
    world.board.on("write", ({ what }) => written.push(what));
    await untilSafe();
    // The first boot marks the image that was flashed as one to keep.
    expect(written.filter((what) => !what.startsWith("otadata"))).toEqual([]);
  });
});

describe("a job that crashes the board each time", { timeout: 60_000 }, () => {
  const crashing = `gpio = setmetatable({ write = function() while true do end end }, { __index = gpio })\n`;

  test("ends as INTERRUPTED after one crash, and the jobs after it are done", async () => {
    await faulty(crashing);
    world.createJob("b", blink);
    expect(await world.ended("b")).toBe("FAILED INTERRUPTED");
    expect(world.details("b")["reason"]).toBe("the device restarted (watchdog) while blink ran");
    world.createJob("r", { action: "reboot" });
    expect(await world.ended("r")).toBe("SUCCEEDED");
    expect(bootReasons()).toEqual(["power", "watchdog", "restart"]);
  });

  test("is not begun a fourth time within ten minutes, however often it is sent", async () => {
    await faulty(crashing);
    for (const jobId of ["1", "2", "3", "4", "5"]) {
      world.createJob(jobId, blink);
      expect(await world.ended(jobId)).toBe(jobId < "4" ? "FAILED INTERRUPTED" : "FAILED SAFE_MODE");
    }
    expect(bootReasons()).toEqual(["power", "watchdog", "watchdog", "watchdog"]);
  });
});

describe("firmware on trial", { timeout: 60_000 }, () => {
  test.each([
    ["hangs in Lua once the agent is up", after(20, "while true do tmr.wdclr() end"), 330_000],
    ["is blocked for ever before the agent is up", "while true do tmr.wdclr() end\n", 60_000],
    ["fails with an error in a callback", after(0.5, error[0]), 2_000],
  ])("that %s is rolled back, and the job fails", async (_what, lua, withinMs) => {
    await faulty("");
    let begunMs = 0;
    world.board.on("boot", ({ version }) => {
      if (version !== "2.0.0") return;
      begunMs = world.time.now();
      world.reachable = false;
    });
    let lastedMs = 0;
    world.board.on("restart", () => {
      if (begunMs > 0 && lastedMs === 0) lastedMs = world.time.now() - begunMs;
      world.reachable = true;
    });
    world.createJob("u", { action: "ota", ...world.publish("2.0.0", 300_000, lua + readBundle()) });
    expect(await world.ended("u", 900_000)).toBe("FAILED ROLLED_BACK");
    expect(world.board.slots()).toMatchObject({ running: "ota_0", states: { ota_1: "aborted" } });
    expect(lastedMs).toBeLessThan(withinMs + 5_000);
    expect(isSafe()).toBe(false);
  });

  test.each(["jobsfw", "stock"] as const)(
    "that is slow to reach the service has all of its trial for that, on %s firmware",
    async (firmware) => {
      await faulty("", firmware);
      let isNew = false;
      world.board.on("boot", ({ version }) => {
        isNew = version === "2.0.0";
        world.reachable = !isNew;
      });
      world.createJob("u", { action: "ota", ...world.publish("2.0.0") });
      await world.until(() => isNew, 300_000);
      await world.pass(200_000);
      world.reachable = true;
      expect(await world.ended("u", 100_000)).toBe("SUCCEEDED");
      expect(world.board.slots()).toMatchObject({ running: "ota_1", states: { ota_1: "valid" } });
    },
  );

  test("is guarded no more once it is accepted", async () => {
    await faulty("");
    world.createJob("u", { action: "ota", ...world.publish("2.0.0") });
    expect(await world.ended("u", 300_000)).toBe("SUCCEEDED");
    const restarts: string[] = [];
    world.board.on("restart", ({ reason }) => restarts.push(reason));
    await world.pass(600_000);
    expect(restarts).toEqual([]);
  });

  test("that cannot read its identity makes room for the one before, which could", async () => {
    await faulty("");
    const { nvs } = world.board;
    const settings = nvs.read("identity", "settings.json") ?? "";
    world.board.on("boot", ({ version }) => nvs.write("identity", "settings.json", version === "2.0.0" ? "{" : settings));
    world.createJob("u", { action: "ota", ...world.publish("2.0.0") });
    expect(await world.ended("u", 300_000)).toBe("FAILED ROLLED_BACK");
    expect(world.lines.filter((line) => line.startsWith("esp32-jobs cannot start"))).toHaveLength(1);
    expect(world.board.slots()).toMatchObject({ running: "ota_0", states: { ota_1: "aborted" } });
  });
});
