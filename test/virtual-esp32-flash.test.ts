/** What the virtual board keeps without power: files, and what is left of them when power goes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bench, run } from "./virtual-esp32/bench";

test("writes a file and reads it back in every way io has", () => {
  expect(
    run(`
local f = io.open("notes", "w")
print(io.type(f), f:write("one\\n", 2, "\\n3.5 rest\\n"), f:close(), io.type(f))
f = io.open("notes")
print(f:read()) print(f:read("n")) print(f:read("L")) print(f:read("n", "a")) print(f:read("a")) print(f:read("l"), f:read(1))
print(f:seek("set", 2), f:read(3)) f:close()
for line in io.lines("notes") do io.write("[", line, "]") end print()
local a = io.open("notes", "a") a:write("more") a:close()
print(io.open("notes"):read("a"):sub(-4), pcall(f.read, f))`).lines,
  ).toEqual([
    "file\tfile (closed)\ttrue\tclosed file",
    "one",
    "2",
    "",
    "",
    expect.stringContaining("3.5\t rest") as string,
    "",
    "",
    "nil\tnil",
    "2\te\n2".split("\n")[0],
    "2",
    "[one][2][3.5 rest]",
    "more\tfalse\tattempt to use a closed file",
  ]);
});

test("says why a file cannot be opened, as C does", () => {
  expect(
    run(`
print(io.open("absent"))
print(io.open(("n"):rep(32), "w"))
print(io.open(("n"):rep(31), "w") ~= nil)
print(pcall(io.open, "x", "rw"))`).lines,
  ).toEqual([
    "nil\tabsent: No such file or directory\t2",
    `nil\t${"n".repeat(32)}: File name too long\t91`,
    "true",
    "false\tbad argument #2 to '?' (invalid mode)",
  ]);
});

test("has four open files at most", () => {
  expect(run(`keep = {} for i = 1, 5 do local f, e = io.open("f" .. i, "w") keep[i] = f print(f and "open" or e) end`).lines).toEqual([
    "open",
    "open",
    "open",
    "open",
    "f5: Too many open files in system",
  ]);
});

test("does not rename onto a name that exists, and takes foo and /foo for two files", () => {
  expect(
    run(`
local function put(name, text) local f = io.open(name, "w") f:write(text) f:close() end
put("a", "A") put("b", "B") put("/a", "slash")
print(file.rename("a", "b"), io.open("b"):read("a"))
print(file.rename("a", "c"), file.exists("a"), io.open("c"):read("a"), file.rename("none", "d"))
print(io.open("/a"):read("a"), file.exists("/a"), file.list()["/a"], file.list()["a"])
print(file.remove("b"), file.exists("b"), file.remove("b"))
local left, used, total = file.fsinfo() print(left + used == total, total)`).lines,
  ).toEqual(["false\tB", "true\tfalse\tA\tfalse", "slash\ttrue\tnil\t0", "nil\tfalse", "true\t721121"]);
});

test("keeps what was closed or flushed over a power cut, and loses what was only written", () => {
  const { board } = run(`
local a = io.open("closed", "w") a:write("all of it") a:close()
b = io.open("flushed", "w") b:write("first") b:flush() b:write(" second")
c = io.open("written", "w") c:write("nothing")
d = io.open("long", "w") d:write(("x"):rep(300))`);
  board.powerOff();
  expect(board.files.read("closed")!.toString()).toBe("all of it");
  expect(board.files.read("flushed")!.toString()).toBe("first");
  expect(board.files.read("written")!.toString()).toBe("");
  expect(board.files.read("long")!.length).toBe(256); // two buffers of 128 bytes
});

test("loses a file that is overwritten in place when power goes in the middle", () => {
  const contents = new Set<string>();
  for (let n = 1; n <= 3; n++) {
    const { board, time } = bench(`local f = io.open("record", "w") f:write("new contents") f:close() print("done")`);
    board.files.write("record", "old");
    board.cutPowerAtWrite(n);
    board.powerOn();
    time.advance(1000);
    // The boot loader's first two writes fill an empty otadata.
    contents.add(`${n}: ${board.files.read("record")!.toString()} ${board.powered ? "on" : "off"}`);
  }
  expect([...contents]).toEqual(["1: old off", "2: old off", "3: old off"]);
  const { board, time } = bench(`local f = io.open("record", "w") f:write("new contents") f:close() print("done")`);
  board.files.write("record", "old");
  board.cutPowerAtWrite(4);
  board.powerOn();
  time.advance(1000);
  expect(board.files.read("record")!.toString()).not.toBe("old");
  expect("new contents".startsWith(board.files.read("record")!.toString())).toBe(true);
  expect(board.files.read("record")!.length).toBeLessThan("new contents".length);
});

test("renames and removes at one stroke, whenever power goes", () => {
  const { board, time } = run(`print("ready")`);
  board.files.write("init.lua", `file.remove("a") file.rename("b", "a")`);
  for (let n = 1; n <= 2; n++) {
    board.powerOff();
    board.files.write("a", "old");
    board.files.write("b", "new");
    board.cutPowerAtWrite(n);
    board.powerOn();
    time.advance(1000);
    expect(board.powered).toBe(false);
    expect(board.files.read("b")!.toString()).toBe("new");
    expect(board.files.read("a")?.toString()).toBe(n === 1 ? "old" : undefined);
  }
});

test("gives its memory of a file back when the file system is full", () => {
  const { lines } = run(`
local f = io.open("big", "w")
local ok, why
for i = 1, 200 do ok, why = f:write(("x"):rep(4096)) if not ok then break end end
print(ok, why) f:close()
file.remove("big") print((file.fsinfo()) > 700000)`);
  expect(lines).toEqual(["nil\tNo space left on device", "true"]);
});

test("keeps its flash in a folder, so that another program finds the same board", () => {
  const dir = mkdtempSync(join(tmpdir(), "board-"));
  try {
    const first = run(`local f = io.open("état/1", "w") f:write("\\0\\255") f:close()`, { dir });
    first.board.powerOff();
    const second = run(`print(io.open("état/1"):read("a") == "\\0\\255")`, { dir });
    expect(second.lines).toEqual(["true"]);
    expect(second.board.slots().states).toEqual({ ota_0: "valid" });
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("tells of every flash write", () => {
  const { board, time } = bench(`local f = io.open("a", "w") f:write("x") f:close() file.rename("a", "b") file.remove("b")`);
  const writes: string[] = [];
  board.on("write", ({ what }) => writes.push(what));
  board.powerOn();
  time.advance(1000);
  expect(writes).toEqual(["otadata (erase)", "otadata", "create a", "file a", "rename a to b", "remove b"]);
});
