/** A build of our firmware that fails, or is stopped: what it says, and that nothing of it stays behind. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { borrow } from "../tools/firmware/build/borrowed";
import { openCommandLine } from "./surroundings/command-line";
import { build, luaFile, newClone } from "./surroundings/firmware-builds";
import { addOwnBuild, treeOf } from "./surroundings/nodemcu-clone";

describe("a build that fails", { timeout: 60_000 }, () => {
  test.each([
    ["drop MBEDTLS_DYNAMIC_BUFFER", /did not take what was asked for:\n {2}CONFIG_MBEDTLS_DYNAMIC_BUFFER=y was dropped$/],
    [
      "compile",
      /NodeMCU's make failed\n(.*\n)* {2}main\.c:7:3: error: expected ';'.*\n {2}ninja: build stopped\n {2}make: .*\nThe whole log: .*build\.log$/,
    ],
    ["relink", /NodeMCU's make, with the Lua code, failed: the image does not fit its slot: .*FLASH=8MB\n(.*\n)* {2}Error: All app/],
    ["large", /^image has 1638416 bytes, and there is room for 1638400$/],
    ["no lfs", /the image does not hold the Lua code/],
    ["wrong chip", /nodemcu\.bin is not sound: image is for another chip/],
    ["other table", /has another partition table than it was asked for/],
  ])("by '%s' says so, leaves nothing to flash, and the clone as it was", async (fault, sentence) => {
    const clone = newClone();
    addOwnBuild(clone);
    clone.fail(fault);
    const before = treeOf(clone.path);
    mkdirSync(clone.out);
    writeFileSync(join(clone.out, "manifest.json"), "{}");
    await expect(build(clone)).rejects.toThrow(sentence);
    expect(treeOf(clone.path)).toEqual(before);
    expect(existsSync(join(clone.out, "manifest.json"))).toBe(false);
  });

  test("because the Lua code does not fit says which symbol to raise", async () => {
    const clone = newClone();
    const lua = () => [luaFile(clone, "long.lua", "-".repeat(0x20000))];
    await expect(build(clone, { lua })).rejects.toThrow(
      /Lua Flash Store has \d+ bytes, and its room 131072: raise CONFIG_NODEMCU_EMBEDDED/,
    );
  });
});

describe("a build that is stopped", { timeout: 60_000 }, () => {
  const line = openCommandLine();
  afterEach(line.close);

  test("by Ctrl-C in the middle ends its programs and leaves the clone as it was", async () => {
    const clone = newClone();
    addOwnBuild(clone);
    clone.fail("hang");
    const before = treeOf(clone.path);
    mkdirSync(line.dir, { recursive: true });
    const child = line.start("firmware", "build", "--nodemcu", clone.path, "--out", clone.out);
    let err = "";
    const hangs = new Promise<void>((resolve) => {
      child.stderr?.on("data", (piece: Buffer) => {
        err += piece.toString();
        if (err.includes("20 %")) resolve();
      });
    });
    await hangs;
    const pid = Number(readFileSync(join(clone.path, "build/hanging"), "utf8"));
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    child.kill("SIGINT");
    expect(await ended).toBe(1);
    expect(err).toMatch(/esp32-jobs: stopped; the clone is as it was before\n$/);
    expect(treeOf(clone.path)).toEqual(before);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  test("by a power cut is put back by the next one, at whatever step it was cut", async () => {
    const clone = newClone();
    addOwnBuild(clone);
    const before = treeOf(clone.path);
    const aside = join(clone.path, ".esp32-jobs-aside");
    // While putting aside: a part of the person's files is still in its place.
    mkdirSync(aside);
    renameSync(join(clone.path, "sdkconfig"), join(aside, "sdkconfig"));
    borrow(clone.path)();
    expect(treeOf(clone.path)).toEqual(before);
    // While building, by a process that is no more.
    borrow(clone.path);
    writeFileSync(join(aside, "borrower"), "999999999");
    writeFileSync(join(clone.path, "sdkconfig"), "ours");
    writeFileSync(join(clone.path, "managed_components/more.c"), "ours");
    borrow(clone.path)();
    expect(treeOf(clone.path)).toEqual(before);
  });

  test("is not disturbed by a second one in the same clone", async () => {
    const clone = newClone();
    borrow(clone.path);
    writeFileSync(join(clone.path, ".esp32-jobs-aside/borrower"), `${process.ppid}`);
    await expect(build(clone)).rejects.toThrow(/another build, process \d+, is at work/);
  });
});
