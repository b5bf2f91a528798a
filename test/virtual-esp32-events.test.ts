/** How the firmware calls Lua on the virtual board: timers, tasks, errors, resets, pins. */
import { expect, test } from "vitest";
import { bench, run } from "./virtual-esp32/bench";

test("runs a timer on ticks of 10 ms: a time is cut to whole ticks", () => {
  const { lines } = run(`
local function at(name) return function() print(name, node.uptime() // 1000) end end
tmr.create():alarm(19, tmr.ALARM_SINGLE, at("19"))
tmr.create():alarm(250, tmr.ALARM_SINGLE, at("250"))
tmr.create():alarm(300, tmr.ALARM_AUTO, at("auto"))`);
  expect(lines).toEqual(["19\t10.0", "250\t250.0", "auto\t300.0", "auto\t600.0", "auto\t900.0"]);
});

test("crashes on a timer below one tick", () => {
  expect(run(`tmr.create():alarm(9, tmr.ALARM_SINGLE, function() end)`, { ms: 100 }).restarts).toEqual(["crash"]);
  expect(run(`print(pcall(function() tmr.create():alarm(0, tmr.ALARM_SINGLE, function() end) end))`, { ms: 100 }).lines).toEqual([
    "false\tinit.lua:1: bad argument #1 to 'alarm' (Range: 1-6870947)",
  ]);
});

test("a timer that fired once must be registered again, a semi-automatic one only started", () => {
  expect(
    run(`
local t = tmr.create()
t:alarm(50, tmr.ALARM_SINGLE, function() print("once", t:state()) end)
local s = tmr.create()
s:alarm(50, tmr.ALARM_SEMI, function() print("semi", s:state()) end)
tmr.create():alarm(100, tmr.ALARM_SINGLE, function() print(pcall(t.start, t)) print(s:start(), s:start()) end)`).lines,
  ).toEqual(["once\tnil", "semi\tfalse\t2", "false\ttimer not registered", "true\tfalse", "semi\tfalse\t2"]);
});

test("delivers tasks by priority, after the chunk that posted them, one at a time", () => {
  expect(
    run(`
for _, name in ipairs({"low", "medium", "high"}) do
  node.task.post(node.task[name:upper() .. "_PRIORITY"], function(p) print(name, p) node.task.post(2, function() print("inside " .. name) end) print("end of " .. name) end)
end
print("chunk")`).lines,
  ).toEqual([
    "chunk",
    "high\t2",
    "end of high",
    "inside high",
    "medium\t1",
    "end of medium",
    "inside medium",
    "low\t0",
    "end of low",
    "inside low",
  ]);
});

test("refuses a task when its queue is full: 25 low, 125 medium, 100 high", () => {
  expect(
    run(`
for p = 0, 2 do
  local n = 0
  while pcall(node.task.post, p, function() end) do n = n + 1 end
  print(p, n, select(2, pcall(node.task.post, p, function() end)))
end`).lines,
  ).toEqual([
    "0\t25\tTask queue overflow. Task not posted",
    "1\t125\tTask queue overflow. Task not posted",
    "2\t100\tTask queue overflow. Task not posted",
  ]);
});

test("a task that posts itself for ever lets timers and the host live", () => {
  const { lines } = run(`
local n = 0
local function again() n = n + 1 node.task.post(again) end
again()
tmr.create():alarm(100, tmr.ALARM_SINGLE, function() print(n > 100) end)`);
  expect(lines).toEqual(["true"]);
});

test("an uncaught error in a callback is printed with its trace, and the chip restarts two seconds later while other callbacks go on", () => {
  const { board, time, lines, restarts } = bench(`
tmr.create():alarm(500, tmr.ALARM_AUTO, function() print("tick") end)
tmr.create():alarm(100, tmr.ALARM_SINGLE, function() local x = nil; print(x.y) end)`);
  board.powerOn();
  time.advance(300 + 100);
  expect(lines[0]).toBe("init.lua:3: attempt to index a nil value");
  expect(lines[1]).toBe("stack traceback:");
  time.advance(1999);
  expect(restarts).toEqual([]);
  expect(lines.filter((line) => line === "tick")).toHaveLength(4);
  time.advance(1);
  expect(restarts).toEqual(["restart"]);
});

test("setonerror replaces the restart; a thrown table arrives as it is", () => {
  const { lines, restarts } = run(
    `
node.setonerror(function(e) print(type(e), type(e) == "table" and e.code or e:match("^[^\\n]*")) end)
node.task.post(function() error({code = 7}) end)
node.task.post(function() error("text") end)
node.task.post(function() print("and on") end)`,
    { ms: 5000 },
  );
  expect(lines).toEqual(["table\t7", "string\tinit.lua:4: text", "and on"]);
  expect(restarts).toEqual([]);
});

test("tells why it started: power, or a reset by software, panic or watchdog that all look alike", () => {
  const reasons = (lua: string): string[] => run(`print(node.bootreason()) if node.bootreason() == 1 then ${lua} end`, { ms: 3000 }).lines;
  expect(reasons(``)).toEqual(["1\t8"]);
  expect(reasons(`node.restart()`)).toEqual(["1\t8", "2\t19\t0"]);
  expect(reasons(`while true do end`).at(-1)).toBe("2\t19\t0");
  expect(reasons(`local t = {} for i = 1, 60 do t[i] = ("x"):rep(4000) .. i end keep = t node.heap()`).at(-1)).toBe("2\t19\t1");
});

test("nothing after node.restart runs, and no pcall stops it", () => {
  expect(run(`if node.bootreason() == 1 then print(pcall(node.restart)) print("after") end`).lines).toEqual([]);
});

test("keeps rtcmem over a restart and fills it with noise at power-on", () => {
  const { lines, board, time } = run(`
if node.bootreason() == 1 then print(rtcmem.read32(5) == 1234) rtcmem.write32(5, 1234, -1) node.restart() end
print(rtcmem.read32(5, 2))`);
  expect(lines).toEqual(["false", "1234\t-1"]);
  board.powerOff();
  board.powerOn();
  time.advance(1000);
  expect(lines[2]).toBe("false");
});

test("the console line of an error in a task goes on where Lua printed", () => {
  expect(run(`io.write("a", "b") print("c") io.write("no end")`).lines).toEqual(["abc"]);
});

test("shows the edges of pins with their time", () => {
  const { board, lines } = run(`
gpio.config({gpio = 2, dir = gpio.OUT})
gpio.write(2, 1)
gpio.write(2, 1)
tmr.create():alarm(250, tmr.ALARM_SINGLE, function() gpio.write(2, 0) end)
print(gpio.read(2))`);
  expect(board.pins()).toEqual([
    { ms: 300, pin: 2, level: 1 },
    { ms: 550, pin: 2, level: 0 },
  ]);
  expect(lines).toEqual(["0"]); // its input stage is off
});

test("a pin shows what was written only once it is an output", () => {
  const { board } = run(
    `gpio.write(4, 1) tmr.create():alarm(100, tmr.ALARM_SINGLE, function() gpio.config({gpio = 4, dir = gpio.IN_OUT}) end)`,
  );
  expect(board.pins()).toEqual([{ ms: 400, pin: 4, level: 1 }]);
});

test("refuses outputs on pins that have none, and levels that are no numbers", () => {
  expect(
    run(`
print(pcall(gpio.config, {gpio = 34, dir = gpio.OUT}))
print(pcall(gpio.config, {gpio = 34, dir = gpio.IN}))
print(pcall(gpio.write, 36, 1))
print(pcall(gpio.config, {gpio = 24, dir = gpio.IN}))
print(pcall(gpio.config, {dir = gpio.IN}))
print(pcall(gpio.write, 2, true))`).lines,
  ).toEqual([
    "false\tinvalid argument",
    "true",
    "false\tinvalid argument",
    "false\tinvalid argument",
    "false\tmissing/bad 'gpio' field",
    "false\tbad argument #2 to '?' (number expected, got boolean)",
  ]);
});

test("an interrupt is off until its callback has run", () => {
  const { board, lines } = run(`
gpio.config({gpio = 0, dir = gpio.IN})
gpio.trig(0, gpio.INTR_UP_DOWN, function(pin, level) print(pin, level) end)`);
  board.drivePin(0, 1);
  board.drivePin(0, 0);
  expect(lines).toEqual(["0\t1", "0\t0"]);
});

test("all pins go dark at a reset", () => {
  const { board } = run(`gpio.config({gpio = 2, dir = gpio.OUT}) gpio.write(2, 1) if node.bootreason() == 1 then node.restart() end`);
  expect(board.pins().map(({ level }) => level)).toEqual([1, 0, 1]);
});

test("stopped timers are collected, running ones keep themselves alive", () => {
  const { lines } = run(`
local n = 0
tmr.create():alarm(100, tmr.ALARM_AUTO, function() n = n + 1 end)
collectgarbage()
tmr.create():alarm(950, tmr.ALARM_SINGLE, function() print(n) end)`);
  expect(lines).toEqual(["9"]);
});

test("starts its clock in 1970, learns the time from NTP, and crashes when NTP is started twice", () => {
  const wifi = `wifi.mode(1) wifi.sta.config({ssid="lab"}) wifi.start() wifi.sta.connect()`;
  const { lines } = run(`${wifi} print((time.get())) time.initntp() tmr.create():alarm(5000, 0, function() print((time.get())) end)`, {
    ms: 6000,
  });
  expect(lines).toEqual(["0", "1700000005"]);
  expect(run(`time.initntp("a") time.initntp("b")`, { ms: 10 }).restarts).toEqual(["crash"]);
  expect(run(`time.initntp("a") time.ntpstop() time.initntp("b") print("fine")`, { ms: 10 }).lines).toEqual(["fine"]);
});
