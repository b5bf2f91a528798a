/** Two firmware slots on the virtual board: an update from Lua, its trial, and what a reset or a power cut makes of it. */
import { describe, expect, test } from "vitest";
import { buildImage, findImageProblem, readDescription } from "../tools/virtual-esp32/image";
import type { Bench } from "./virtual-esp32/bench";
import { bench } from "./virtual-esp32/bench";

/** Lua that writes new.bin from the file system into the other slot. */
const install = `
local f = io.open("new.bin")
otaupgrade.commence()
while true do local part = f:read(4096) if not part then break end otaupgrade.write(part) end
otaupgrade.complete()`;

const small = 65_536;

/** Boots what the image holds, as far as it holds any. */
const bootsImage = `local boot = node.LFS.get("boot") if boot then boot() end`;

function imageOf(version: string, boot: string): Buffer {
  return buildImage({ version, project: "p", sizeBytes: small, modules: { boot } });
}

/** A board that runs version 1.0.0; the image for the update lies in its files. */
function updatable(bootOf: (version: string) => string, image: Uint8Array = imageOf("2.0.0", bootOf("2.0.0"))): Bench {
  const made = bench(bootsImage);
  made.board.flash("ota_0", imageOf("1.0.0", bootOf("1.0.0")));
  made.board.files.write("new.bin", image);
  return made;
}

/** The old firmware installs and restarts once; the new one does as told. */
const story = (inTrial: string) => (version: string) =>
  version === "1.0.0"
    ? `if file.exists("done") then print("old again") return end io.open("done", "w"):close() ${install} node.restart()`
    : inTrial;

test("makes images that the boot loader's checks pass, and that tell version and Lua modules", () => {
  const modules = { init: "print('ä')", agent: "", "": "x" };
  const image = buildImage({ version: "1.2.3", project: "esp32-jobs", sizeBytes: 1_200_000, modules });
  expect(image.length).toBe(1_200_000);
  expect(findImageProblem(image)).toBeUndefined();
  expect(readDescription(image)).toMatchObject({ version: "1.2.3", project: "esp32-jobs", modules, idfVersion: "v5.1.3" });
  expect(findImageProblem(image.subarray(0, image.length - 1))).toBe("SHA-256 is wrong");
  expect(findImageProblem(Buffer.concat([image, Buffer.alloc(4096, 0xff)]))).toBeUndefined();
  for (const at of [0, 1, 12, 28, 700_000, image.length - 40]) {
    const broken = Buffer.from(image);
    broken[at]! ^= 0x55;
    expect(findImageProblem(broken)).toBeDefined();
  }
});

describe("the Lua Flash Store", () => {
  const modules = {
    init: `print(table.concat(node.LFS.list(), " "), node.LFS.get("other"), node.LFS.get(1), node.LFS.get())
print(node.LFS.agent == node.LFS.agent, node.flashindex("agent")("x"), node.LFS.time > 0, node.LFS.config.lfs_size, node.info("lfs").lfs_used)
print(pcall(require, "agent"))
package.loaders[3] = function(name) return node.LFS.get(name) end
print(require("agent"))
print(pcall(node.LFS.get("bad")))
error("here")`,
    bad: `\nerror("no luck")`,
    agent: `local word = ... global = 1 return word`,
  };
  const image = (given?: Readonly<Record<string, string>>): Buffer =>
    buildImage({ version: "1", project: "p", sizeBytes: small, ...(given !== undefined && { modules: given }) });

  test("is what our firmware boots `init` from; its errors are printed, name the chunk, and restart nothing", () => {
    const { board, time, lines, restarts } = bench(undefined, { firmware: "jobsfw" });
    board.flash("ota_0", image(modules));
    board.files.write("init.lua", `print("a file")`);
    board.powerOn();
    time.advance(10_000);
    expect(lines.slice(0, 2)).toEqual([
      "agent bad init\tnil\tnil\tnil",
      `false\tx\ttrue\t131072\t${Object.values(modules).join("").length}`,
    ]);
    expect(lines[2]).toContain("module 'agent' not found:");
    const [required, called, raised] = lines.filter((line) => /^agent$|^false\tbuild|^build/.test(line));
    expect([required, called, raised]).toEqual(["agent", "false\tbuild/bad.lua:2: no luck", "build/init.lua:7: here"]);
    expect(restarts).toEqual([]);
  });

  test("is not there in an image without Lua, and then the boot string itself fails", () => {
    const { board, time, lines, restarts } = bench(undefined, { firmware: "jobsfw" });
    board.powerOn();
    time.advance(10_000);
    expect(lines[0]).toBe("INIT:1: attempt to call a nil value");
    expect(restarts).toEqual([]);
    const stock = bench(`print(node.LFS.list(), node.LFS.get("agent"))`);
    stock.board.powerOn();
    stock.time.advance(1000);
    expect(stock.lines).toEqual(["nil\tnil"]);
  });

  test("is nothing that stock firmware boots by itself: it wants the file init.lua", () => {
    const { board, time, lines } = bench(undefined);
    board.flash("ota_0", image(modules));
    board.powerOn();
    time.advance(1000);
    expect(lines).toEqual(["cannot open init.lua"]);
  });

  test("holds nothing that luac.cross would not have compiled", () => {
    const { board, time } = bench(undefined, { firmware: "jobsfw" });
    board.flash("ota_0", image({ init: "this is not Lua" }));
    board.powerOn();
    expect(() => time.advance(1000)).toThrow(/luac\.cross would not have compiled module "init"/);
  });
});

test("a new image is on trial, becomes valid when accepted, and stays", () => {
  const { board, time, lines } = updatable(
    story(
      `local _, _, s = otaupgrade.info() print(s.ota_1.state, s.ota_1.version, s.ota_0.state) otaupgrade.accept() otaupgrade.accept() _, _, s = otaupgrade.info() print(s.ota_1.state)`,
    ),
  );
  expect(board.slots()).toEqual({ running: "ota_0", next: "ota_0", states: {}, versions: { ota_0: "1.0.0" } });
  board.powerOn();
  time.advance(10_000);
  expect(lines).toEqual(["testing\t2.0.0\tvalid", "valid"]);
  board.powerOff();
  board.powerOn();
  time.advance(1000);
  expect(lines.slice(2)).toEqual(["valid\t2.0.0\tvalid", "valid"]);
  expect(board.slots()).toEqual({
    running: "ota_1",
    next: "ota_1",
    states: { ota_0: "valid", ota_1: "valid" },
    versions: { ota_0: "1.0.0", ota_1: "2.0.0" },
  });
});

test.each([
  ["restarts by itself", `node.restart()`, undefined],
  ["crashes", `math.floor = 1`, undefined],
  ["loses power", `print("trial")`, "power"],
])("a firmware on trial that %s is given up, and the old one runs again", (_what, lua, cut) => {
  const { board, time, lines } = updatable(story(lua));
  board.powerOn();
  time.advance(6000);
  if (cut !== undefined) {
    board.powerOff();
    board.powerOn();
    time.advance(1000);
  }
  expect(lines.at(-1)).toBe("old again");
  expect(board.slots()).toMatchObject({ running: "ota_0", states: { ota_0: "valid", ota_1: "aborted" } });
});

test("rollback gives the new firmware up at once, and is refused where there is nothing to go back to", () => {
  const rolledBack = updatable(story(`otaupgrade.rollback()`));
  rolledBack.board.powerOn();
  rolledBack.time.advance(6000);
  expect(rolledBack.lines).toEqual(["old again"]);
  expect(rolledBack.board.slots().states).toEqual({ ota_0: "valid", ota_1: "invalid" });
  const alone = bench(
    `print(pcall(otaupgrade.rollback)) print(otaupgrade.info()) local _, _, s = otaupgrade.info() print(s.ota_0.state, next(s.ota_1))`,
  );
  alone.board.powerOn();
  alone.time.advance(1000);
  expect(alone.lines).toEqual(["false\tno other firmware to roll back to", expect.stringMatching(/^ota_0\tota_0\ttable/), "valid\tnil"]);
});

test("does not begin another update while on trial", () => {
  const { board, time, lines } = updatable(
    story(`print(pcall(otaupgrade.commence)) otaupgrade.accept() print(pcall(otaupgrade.commence))`),
  );
  board.powerOn();
  time.advance(8000);
  expect(lines).toEqual(["false\tcan't upgrade from unconfirmed firmware", "true"]);
});

test("refuses what is no image, at the first byte or at the end, and goes on with the old firmware", () => {
  const { board, time, lines } = bench(`
print(pcall(otaupgrade.write, "\\xe9x")) print(pcall(otaupgrade.complete))
otaupgrade.commence() print(pcall(otaupgrade.complete))
otaupgrade.commence() print(pcall(otaupgrade.write, "<html>"))
otaupgrade.write("\\xe9" .. ("x"):rep(100)) print(pcall(otaupgrade.complete)) print(pcall(otaupgrade.complete))
print(otaupgrade.info())`);
  board.powerOn();
  time.advance(1000);
  expect(lines).toEqual([
    "false\twrite not possible, use otaupgrade.commence() first",
    "false\tno upgrade in progress",
    "false\tempty firmware image",
    "false\tnot a valid ota image",
    "false\tvalidation failed",
    "false\tota error",
    expect.stringMatching(/^ota_0\tota_0\t/),
  ]);
});

test("refuses an image that is larger than the slot, in the write that passes its end", () => {
  const { board, time, lines } = bench(`
otaupgrade.commence() otaupgrade.write("\\xe9") local part, n = ("x"):rep(16384), 1
while true do local ok, why = pcall(otaupgrade.write, part) if not ok then print(n, why) break end n = n + #part end`);
  board.powerOn();
  time.advance(1000);
  expect(lines).toEqual([`${1 + 95 * 16384}\tota error`]);
});

test("complete(true) raises only after the slot was switched", () => {
  const { board, time, lines } = updatable((version) =>
    version === "1.0.0" ? install.replace("complete()", `write("") print(pcall(otaupgrade.complete, true)) print(otaupgrade.info())`) : "",
  );
  board.powerOn();
  time.advance(1000);
  expect(lines[0]).toBe("false\tbad argument #1 to '?' (number expected, got boolean)");
  expect(lines[1]).toMatch(/^ota_0\tota_1\t/);
});

test("erasing a slot keeps Lua waiting for seconds: timers come late", () => {
  const { board, time, lines } = bench(`
tmr.create():alarm(100, tmr.ALARM_SINGLE, function() print(node.uptime() // 1000) end)
otaupgrade.commence()`);
  board.powerOn();
  time.advance(6000);
  expect(lines).toEqual(["3600.0"]);
});

test("whenever power goes during an update, the board comes up with one of the two firmwares, and never with half of one", () => {
  const counted = updatable(story(`otaupgrade.accept() print("new")`));
  let writes = 0;
  counted.board.on("write", ({ n }) => (writes = n));
  counted.board.powerOn();
  counted.time.advance(10_000);
  expect(counted.lines).toEqual(["new"]);
  expect(writes).toBeGreaterThan(25);
  const seen = new Map<string, number>();
  for (let n = 1; n <= writes; n++) {
    const { board, time, lines } = updatable(story(`otaupgrade.accept() print("new")`));
    board.cutPowerAtWrite(n);
    board.powerOn();
    time.advance(10_000);
    expect(board.powered).toBe(false);
    board.powerOn();
    time.advance(10_000);
    const outcome = lines.at(-1)!;
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    expect(["new", "old again"]).toContain(outcome);
  }
  // Even an acceptance that is cut short leads back to the old firmware: the entry on trial is erased before it is written.
  expect(seen.get("old again")).toBeGreaterThan(15);
});

test("falls back to the other slot when the chosen image is broken, and says so when none is sound", () => {
  const { board, time, lines } = bench(bootsImage);
  board.flash("ota_1", imageOf("1", `print((otaupgrade.info()))`));
  board.flash("ota_0", Buffer.from("no image"));
  board.powerOn();
  time.advance(1000);
  expect(lines).toEqual(["ota_1"]);
  board.powerOff();
  board.flash("ota_1", Buffer.from("neither"));
  board.powerOn();
  time.advance(1000);
  expect(lines.at(-1)).toContain("No bootable app partitions");
});
