/** Lua on the virtual board: what of it is the chip's own, and what ends a run. */
import { expect, test } from "vitest";
import { run } from "./virtual-esp32/bench";

/** What a boot chunk prints. */
function printed(lua: string, options: Parameters<typeof run>[1] = {}): string[] {
  return run(lua, options).lines;
}

test("tells whole numbers and floats apart, and writes both as C does", () => {
  expect(printed(`print(3, 3.0, 10/2, 7//2, 1e14, 2^53, 1/0, -1/0, -0.0, 0.1, 1e100)`)).toEqual([
    "3\t3.0\t5.0\t3\t1e+14\t9.007199254741e+15\tinf\t-inf\t-0.0\t0.1\t1e+100",
  ]);
  expect(
    printed(`print(string.format("%g %G %e %.3e %10g|%-10g| %s", 1e20, 1e-10, 12345.678, 0, 1.5, 2.5, 1e15)) print(1e15 .. "")`),
  ).toEqual(["1e+20 1E-10 1.234568e+04 0.000e+00        1.5|2.5       | 1e+15", "1e+15"]);
});

test("has the libraries of the firmware and no others", () => {
  expect(
    printed(`print(os, math.pow, math.log10, table.maxn, unpack ~= nil, loadstring ~= nil, string.pack ~= nil, utf8.char(228))`),
  ).toEqual(["nil\tnil\tnil\tnil\ttrue\ttrue\ttrue\tä"]);
  expect(printed(`print(pcall(io.popen, "ls"))`)).toEqual(["false\t'popen' not supported"]);
  expect(printed(`print(("%d apples") % 5)`)).toEqual(["5 apples"]);
});

test("keeps built-in functions out of the globals table, and lets a program replace a global", () => {
  expect(
    printed(`print(rawget(_G, "print"), print ~= nil) for k in pairs(_G) do print(k) end math = {floor = 1} print(math.floor)`).sort(),
  ).toEqual(["nil\ttrue", "_G", "package", "require", "1"].sort());
});

test("refuses a new key in a built-in table", () => {
  expect(
    printed(`print(pcall(function() string.trim = 1 end)) print(pcall(rawset, mqtt, "x", 1)) print(pcall(function() return #math end))`),
  ).toEqual([
    "false\tinit.lua:1: table is Readonly",
    "false\ttable is Readonly",
    "false\tinit.lua:1: attempt to get length of a table value",
  ]);
});

test.each([
  ["overwrites an existing key of a built-in table", `math.floor = function() end`],
  ["removes a key of a built-in table", `string.format = nil`],
  ["sets a metatable on a built-in table", `setmetatable(string, {})`],
])("crashes when Lua %s, and no pcall stops it", (_what, lua) => {
  const { restarts, lines } = run(`print(pcall(function() ${lua} end)) print("survived")`, { ms: 100 });
  expect(restarts).toEqual(["crash"]);
  expect(lines).toEqual([expect.stringContaining("StoreProhibited")]);
});

test("traverses a table in an order that depends on the seed only, every key once", () => {
  const lua = `local t = {} for i = 1, 20 do t["k"..i] = i end local s = {} for k in pairs(t) do s[#s+1] = k end print(table.concat(s, " "))`;
  const orders = [1, 2, 3].map((seed) => printed(lua, { seed })[0]!);
  expect(new Set(orders).size).toBe(3);
  expect(printed(lua, { seed: 2 })[0]).toBe(orders[1]);
  for (const order of orders) expect(order.split(" ").sort()).toEqual(Array.from({ length: 20 }, (_, i) => `k${i + 1}`).sort());
});

test("lets a traversal change and remove fields, also with another traversal of the same table inside", () => {
  expect(
    printed(`
local t = {} for i = 1, 50 do t[i] = i end
local seen = 0
for k, v in pairs(t) do seen = seen + 1 t[k] = nil if next(t) then for _ in pairs(t) do end end end
print(seen, next(t))
print(pcall(next, {}, "nowhere"))`),
  ).toEqual(["50\tnil", "false\tinvalid key to 'next'"]);
});

test("gives the same random numbers after every boot", () => {
  const lua = `print(math.random(1000), math.random(1000), math.random(1000))`;
  expect(printed(lua, { seed: 1 })).toEqual(printed(lua, { seed: 2 }));
});

test("finds a module in the firmware before any file, compiled files before sources", () => {
  const { board, lines, time } = run(`print(require("time") == time, require("plain").x, require("dir.inner"), pcall(require, "absent"))`, {
    ms: 0,
  });
  expect(lines[0]).toMatch(/^init\.lua:1: module 'plain' not found:/);
  board.files.write("time.lua", `return "file"`);
  board.files.write("plain.lua", `local name, file = ... return {x = name .. " " .. file}`);
  board.files.write("dir/inner.lua", `inner = true`);
  board.powerOff();
  board.powerOn();
  time.advance(400);
  expect(lines.slice(-8).join("\n")).toContain("true\tplain plain.lua\ttrue\tfalse\tmodule 'absent' not found:");
  expect(lines.join("\n")).toContain("no file 'absent.lc'");
});

test.each([
  [8192, "pcall", 16],
  [16384, "pcall", 35],
  [8192, "coroutine", 19],
  [16384, "coroutine", 42],
])("with a stack of %i bytes the %s nests %i deep, and one more resets the chip", (stackBytes, kind, deepest) => {
  const nest = (n: number): string =>
    kind === "pcall"
      ? `local function nest(n) if n > 0 then return pcall(nest, n - 1) end print("deep enough") end nest(${n})`
      : `local function nest(n) if n > 0 then return coroutine.wrap(nest)(n - 1) end print("deep enough") end nest(${n})`;
  expect(run(nest(deepest), { stackBytes, ms: 100 }).lines).toEqual(["deep enough"]);
  const deeper = run(nest(deepest + 1), { stackBytes, ms: 100 });
  expect(deeper.restarts).toEqual(["crash"]);
  expect(deeper.lines).toEqual([expect.stringContaining("stack overflow in task main")]);
});

test("recurses a thousand deep in plain Lua, and a coroutine that has yielded takes no stack", () => {
  expect(printed(`local function f(n) return n == 0 and 0 or 1 + f(n - 1) end print(f(1000))`)).toEqual(["1000"]);
  expect(
    printed(`
local all = {}
for i = 1, 100 do all[i] = coroutine.create(function() pcall(coroutine.yield) return i end) coroutine.resume(all[i]) end
local sum = 0 for i = 1, 100 do local _, v = coroutine.resume(all[i]) sum = sum + v end print(sum)`),
  ).toEqual(["5050"]);
});

test("restarts by the watchdog when Lua computes on and on, and no pcall stops that", () => {
  const { restarts, lines } = run(`print(pcall(function() while true do end end))`, { ms: 1 });
  expect(restarts).toEqual(["watchdog"]);
  expect(lines).toEqual([expect.stringContaining("Task watchdog")]);
});

test("computes as long as it likes when it lets the idle task run", () => {
  expect(printed(`for i = 1, 40 do for j = 1, 300000 do end tmr.wdclr() end print("done")`)).toEqual(["done"]);
});

test("prints an error of the boot chunk and stays on, without onerror and without a restart", () => {
  const { lines, restarts } = run(
    `node.setonerror(function() print("onerror") end) tmr.create():alarm(500, tmr.ALARM_SINGLE, function() print("still here") end) error("oops")`,
    {
      ms: 5000,
    },
  );
  expect(restarts).toEqual([]);
  expect(lines[0]).toBe("init.lua:1: oops");
  expect(lines).toContain("still here");
  expect(lines).not.toContain("onerror");
});

test("says that the boot chunk does not compile, or is not there", () => {
  expect(printed(`x = = 1`)[0]).toMatch(/^init\.lua:1: unexpected symbol near '='/);
});

test("counts the memory that is in use, and gives freed memory back", () => {
  const [before, held, after] = printed(`
print(node.heap())
big = {} for i = 1, 100 do big[i] = ("x"):rep(500) .. i end
print(node.heap())
big = nil
print(node.heap())`).map(Number) as [number, number, number];
  expect(before).toBeGreaterThan(140_000);
  expect(before - held).toBeGreaterThan(50_000);
  expect(before - held).toBeLessThan(60_000);
  expect(after).toBe(before);
});

test("panics when memory is gone", () => {
  const { restarts, lines } = run(
    `local parts = {} for i = 1, 50 do parts[i] = ("x"):rep(4000) .. i end keep = parts print(collectgarbage("count") > 190, node.heap())`,
    { ms: 100 },
  );
  expect(restarts).toEqual(["panic"]);
  expect(lines.join()).toContain("not enough memory");
});
