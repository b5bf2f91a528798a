/** What restarts the virtual board with our component whatever Lua does, and what it says afterwards for the reason. */
import { expect, test } from "vitest";
import { run } from "./virtual-esp32/bench";

const firmware = "jobsfw";

test.each([
  ["poweron", ""],
  ["software", "node.restart()"],
  ["panic", `local t = {} for i = 1, 60 do t[i] = ("x"):rep(4000) .. i end keep = t node.heap()`],
  ["task_wdt", "while true do end"],
])("says %s for the reason of a start", (reason, ending) => {
  const lua = `print(jobsfw.reason()) if jobsfw.get("r", "k") == nil then jobsfw.set("r", "k", "x") ${ending} end`;
  expect(run(lua, { firmware, ms: 2000 }).lines.at(-1)).toBe(reason);
});

test("restarts the board when its watchdog is not fed in time, and not when it is, or is stopped", () => {
  expect(run("jobsfw.watchdog(500)", { firmware, ms: 700 }).restarts).toEqual(["restart"]);
  const fed = `jobsfw.watchdog(500) t = tmr.create() t:alarm(400, tmr.ALARM_AUTO, function() jobsfw.watchdog(500) end)`;
  expect(run(fed, { firmware, ms: 3000 }).restarts).toEqual([]);
  expect(run("jobsfw.watchdog(500) jobsfw.watchdog(0)", { firmware, ms: 3000 }).restarts).toEqual([]);
});

test.each(["tmr.wdclr()", "jobsfw.rest()"])("restarts it also while Lua gives way by %s and never returns", (rest) => {
  const busy = `print("boot") jobsfw.watchdog(3000) while true do ${rest} end`;
  expect(run(busy, { firmware, ms: 2900 }).restarts).toEqual([]);
  expect(run(busy, { firmware, ms: 3200 })).toMatchObject({ restarts: ["restart"], lines: ["boot"] });
  expect(run(`while true do ${rest} end`, { firmware, ms: 3_700_000 })).toMatchObject({
    restarts: [],
    lines: ["hang: Lua has not returned for an hour"],
  });
});

test("restarts it while a function of the firmware blocks Lua, which Lua's own timers cannot", () => {
  const erasing = (guard: string): string => `${guard} otaupgrade.commence() tmr.create():alarm(10, 0, function() print("after") end)`;
  const lua = erasing(`tmr.create():alarm(1000, 0, function() print("Lua's timer") end)`);
  expect(run(lua, { firmware, ms: 3500 }).lines).toEqual([]);
  const { restarts } = run(erasing(`if jobsfw.reason() == "software" then return end jobsfw.watchdog(1000)`), { firmware, ms: 1100 });
  expect(restarts).toEqual(["restart"]);
});

test("computes as long as it likes with rests", () => {
  expect(run(`for n = 1, 30 do for m = 1, 300000 do end jobsfw.rest() end print("done")`, { firmware }).lines).toEqual(["done"]);
});
