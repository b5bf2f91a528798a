/** Our firmware out of a clone of NodeMCU that behaves as the real one is documented to: what comes out, and what is refused. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { agentBundle, root } from "../tools/bundle/targets";
import { planFlash } from "../tools/firmware/flash-plan";
import { readDescription } from "../tools/virtual-esp32/image";
import { openCommandLine } from "./surroundings/command-line";
import { build, newClone } from "./surroundings/firmware-builds";
import { addOwnBuild, git, treeOf, type SimulatedClone } from "./surroundings/nodemcu-clone";

const text = (clone: SimulatedClone, name: string): string => readFileSync(join(clone.out, name), "utf8");

describe("a build", { timeout: 60_000 }, () => {
  test("leaves what can be flashed, and a manifest that describes the image", async () => {
    const clone = newClone();
    const { progress, said, sizes } = await build(clone);
    const plan = planFlash({ from: clone.out });
    expect(plan).toMatchObject({ chip: "esp32", version: "1.2.3", project: "nodemcu", flashSizeBytes: 0x400000 });
    expect(plan.parts.map(({ name, offset }) => `${name} ${offset.toString(16)}`)).toEqual([
      "bootloader.bin 1000",
      "nodemcu.bin 20000",
      "partition-table.bin 8000",
      "ota_data_initial.bin f000",
    ]);
    expect(JSON.parse(text(clone, "manifest.json"))).toMatchObject({ image: "nodemcu.bin", nodemcu: git(clone.path, "rev-parse", "HEAD") });
    expect(readDescription(readFileSync(join(clone.out, "nodemcu.bin")))?.modules).toEqual({
      agent: "--[[LFS build/agent.lua]]print('hello')\n",
    });
    expect(progress.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, index) => `${index + 1}/20`));
    expect(said[0]).toMatch(/^Building NodeMCU [0-9a-f]{8} for esp32, 4MB of flash, as 1\.2\.3/);
    expect(sizes).toMatchObject([{ limitBytes: 0x7000 }, { limitBytes: 0x190000 }, { limitBytes: 0x20000 }]);
    expect(text(clone, "build.log")).toMatch(/^\$ make\n(.*\n)?\[1\/20\]/);
  });

  test.each(["esp32", "esp32s3", "esp32c3"] as const)("is for the %s when asked to", async (chip) => {
    const clone = newClone();
    await build(clone, { chip, flash: "8MB" });
    expect(planFlash({ from: clone.out })).toMatchObject({ chip, flashSizeBytes: 0x800000 });
    expect(text(clone, "flash_args")).toMatch(new RegExp(`^${chip === "esp32" ? "0x1000" : "0x0"} bootloader.bin$`, "m"));
  });

  test("leaves the clone exactly as it was, the person's own build and sdkconfig included", async () => {
    const clone = newClone();
    addOwnBuild(clone);
    const before = treeOf(clone.path);
    await build(clone);
    expect(treeOf(clone.path)).toEqual(before);
    expect(git(clone.path, "status", "--porcelain")).toBe("");
    expect(text(clone, "sdkconfig")).toContain("CONFIG_MQTT_BUFFER_SIZE=4096");
  });

  test("starts from what was fetched before, and from nothing else of an earlier build", async () => {
    const clone = newClone();
    addOwnBuild(clone);
    let found: string[] = [];
    const say = (sentence: string): void => {
      const names = ["managed_components/libsodium/fetched.c", "sdkconfig.old", "sdkconfig", "build/bootloader/bootloader.bin"];
      if (sentence.startsWith("Putting")) found = names.filter((name) => existsSync(join(clone.path, name)));
    };
    await build(clone, { say });
    expect(found).toEqual(["managed_components/libsodium/fetched.c", "sdkconfig", "build/bootloader/bootloader.bin"]);
  });

  test("is done again without a network, for the chips that it was done for once with one", async () => {
    const clone = newClone();
    await build(clone);
    clone.fail("offline");
    const before = treeOf(clone.path);
    await build(clone);
    expect(treeOf(clone.path)).toEqual(before);
    await expect(build(clone, { chip: "esp32c3" })).rejects.toThrow(/NodeMCU's make failed: the first build for a chip fetches libsodium/);
    await build(clone);
  });

  test("hands our component to NodeMCU, and notices when NodeMCU does not take it", async () => {
    const clone = newClone();
    let environment = "";
    const say = (sentence: string): void => {
      if (sentence.startsWith("Putting")) environment = readFileSync(join(clone.path, "build/environment"), "utf8");
    };
    await build(clone, { say });
    expect(environment).toBe(`${join(root, "firmware/components/jobsfw")}\n`);
    expect(text(clone, "sdkconfig")).toContain("CONFIG_NODEMCU_CMODULE_JOBSFW=y");
    const firmware = join(clone.out, "../firmware");
    mkdirSync(firmware);
    execFileSync("cp", ["-r", join(root, "firmware/partitions"), join(root, "firmware/sdkconfig.defaults"), firmware]);
    await expect(build(clone, { firmware })).rejects.toThrow("CONFIG_NODEMCU_CMODULE_JOBSFW=y was dropped");
  });

  test("warns of another commit and of changed files, and builds", async () => {
    const clone = newClone();
    writeFileSync(join(clone.path, "CMakeLists.txt"), "project(nodemcu) # changed\n");
    const { warned } = await build(clone);
    expect(warned).toEqual([
      expect.stringMatching(/the clone is at [0-9a-f]{8}, and this project was made with 7c5bb151: git -C .* checkout 7c5bb151/),
      expect.stringMatching(/files of the clone are changed/),
    ]);
  });

  test("warns of a submodule at another commit", async () => {
    const clone = newClone();
    git(join(clone.path, "sdk/esp32-esp-idf"), "commit", "-q", "--allow-empty", "-m", "Another");
    expect((await build(clone)).warned.at(-1)).toMatch(/sdk\/esp32-esp-idf may not be at the commit .*submodule update --init --recursive/);
  });
});

describe("a build is refused, with the command that helps", { timeout: 60_000 }, () => {
  test("without a clone", async () => {
    const clone = newClone();
    await expect(build(clone, { nodemcu: undefined })).rejects.toThrow(
      /name your clone.*git clone --branch dev-esp32 --recurse-submodules/,
    );
    await expect(build(clone, { nodemcu: "/no/such/clone" })).rejects.toThrow(
      /\/no\/such\/clone does not exist: git clone .* \/no\/such\/clone/,
    );
  });

  test("where there is no git tree, or only a part of another", async () => {
    const clone = newClone();
    rmSync(join(clone.path, ".git"), { recursive: true });
    await expect(build(clone)).rejects.toThrow(/is not the top of a git tree/);
    await expect(build(clone, { nodemcu: join(root, "firmware") })).rejects.toThrow(/is not the top of a git tree/);
  });

  test("for a clone of something else, or of the branch for the ESP8266", async () => {
    const clone = newClone();
    git(clone.path, "rm", "-rq", "components/modules");
    await expect(build(clone)).rejects.toThrow(/is no clone of NodeMCU's branch dev-esp32: git clone/);
    mkdirSync(join(clone.path, "app/include"), { recursive: true });
    writeFileSync(join(clone.path, "app/include/user_config.h"), "");
    await expect(build(clone)).rejects.toThrow(/ESP8266 checked out: git -C .* checkout dev-esp32/);
  });

  test("without submodules", async () => {
    await expect(build(newClone({ submodules: false }))).rejects.toThrow(
      /lacks its submodules sdk\/esp32-esp-idf: git -C .* submodule update --init --recursive/,
    );
  });

  test("but takes submodules that are plain folders", async () => {
    const clone = newClone({ submodules: false });
    execFileSync("cp", [
      "-r",
      join(clone.path, "../esp-idf/export.sh"),
      join(clone.path, "../esp-idf/tools"),
      join(clone.path, "sdk/esp32-esp-idf"),
    ]);
    expect((await build(clone)).warned.at(-1)).toMatch(/sdk\/esp32-esp-idf may not be at the commit/);
  });

  test("when ESP-IDF does not find its tools", async () => {
    const clone = newClone();
    writeFileSync(join(clone.path, "sdk/esp32-esp-idf/export.sh"), "return 1\n");
    await expect(build(clone)).rejects.toThrow(/ESP-IDF's tools are not installed: \(cd .* && \.\/install\.sh\)/);
  });

  test("in a folder whose name ESP-IDF cannot bear, and with a version that no image can hold", async () => {
    const clone = newClone();
    const spaced = join(clone.path, "../my nodemcu");
    renameSync(clone.path, spaced);
    await expect(build(clone, { nodemcu: spaced })).rejects.toThrow(/move the clone to a path without spaces/);
    await expect(build(clone, { version: 'a"b' })).rejects.toThrow(/must have 1 to 31 characters/);
    await expect(build(clone, { version: "1".repeat(32) })).rejects.toThrow(/must have 1 to 31 characters/);
  });
});

describe("the command", { timeout: 60_000 }, () => {
  const line = openCommandLine();
  afterAll(line.close);

  test("puts agent and boot chunk into the image, and tells the manifest and the sizes", async () => {
    const clone = newClone();
    const words = ["--nodemcu", clone.path, "--chip", "esp32c3", "--flash", "16MB", "--image-version", "9.9.9", "--out", clone.out];
    expect(await line.json("firmware", "build", ...words)).toMatchObject({
      version: "9.9.9",
      chip: "esp32c3",
      flashBytes: 0x1000000,
      out: clone.out,
      sizes: [{ name: "boot loader" }, { name: "image", limitBytes: 0x400000 }, { name: "Lua Flash Store" }],
    });
    const modules = readDescription(readFileSync(join(clone.out, "nodemcu.bin")))?.modules ?? {};
    expect(Object.keys(modules)).toEqual(["init", "agent"]);
    expect(modules["agent"]).toContain(readFileSync(agentBundle.luaFile, "utf8"));
  });

  test("says at once what it lacks", async () => {
    expect((await line.run("firmware", "build")).err).toMatch(/^esp32-jobs: name your clone of NodeMCU: make firmware NODEMCU=/);
    expect(await line.run("firmware", "build", "--chip", "esp8266")).toMatchObject({ code: 2 });
  });
});
