/** The firmware slots of a Node agent from one boot to the next. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeFirmware } from "../src/platform/node/firmware";
import { bootSlot } from "../src/platform/node/slots";
import type { Firmware } from "../src/ports";
import { buildImage } from "../tools/virtual-esp32/image";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "slots-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

interface Boot {
  readonly firmware: Firmware;
  readonly rolledBack: boolean;
  readonly restarts: () => number;
}

function boot(): Boot {
  const booted = bootSlot(dir, "1.0.0");
  let restarts = 0;
  return { firmware: nodeFirmware(dir, booted, () => restarts++), rolledBack: booted.rolledBack, restarts: () => restarts };
}

function image(version: string): string {
  return buildImage({ version, project: "test", sizeBytes: 20_000 }).toString("latin1");
}

/** An update as the agent makes it, up to the restart. */
function update(firmware: Firmware, version: string): void {
  expect(firmware.begin()).toBeUndefined();
  expect(firmware.write(image(version))).toBeUndefined();
  expect(firmware.activate()).toBeUndefined();
}

test("a new folder runs its first version from ota_0", () => {
  expect(boot().firmware.info()).toEqual({ version: "1.0.0", slot: "ota_0", state: "accepted" });
});

test("a new image boots on trial, with the version that it says itself, and stays once accepted", () => {
  update(boot().firmware, "2.0.0");
  const trial = boot();
  expect(trial.firmware.info()).toEqual({ version: "2.0.0", project: "test", slot: "ota_1", state: "trial" });
  expect(trial.rolledBack).toBe(false);
  expect(trial.firmware.accept()).toBeUndefined();
  expect(trial.firmware.info().state).toBe("accepted");
  expect(boot().firmware.info()).toEqual({ version: "2.0.0", project: "test", slot: "ota_1", state: "accepted" });
});

test("a restart during the trial brings the previous firmware back, for good", () => {
  update(boot().firmware, "2.0.0");
  boot();
  const back = boot();
  expect(back.firmware.info()).toEqual({ version: "1.0.0", slot: "ota_0", state: "accepted" });
  expect(back.rolledBack).toBe(true);
  expect(boot().rolledBack).toBe(false);
  expect(JSON.parse(readFileSync(join(dir, "otadata.json"), "utf8"))).toMatchObject({ slots: { ota_1: { state: "aborted" } } });
});

test("a rollback restarts into the previous firmware and marks the new one invalid", () => {
  update(boot().firmware, "2.0.0");
  const trial = boot();
  expect(trial.firmware.rollback()).toBeUndefined();
  expect(trial.restarts()).toBe(1);
  expect(boot().firmware.info()).toEqual({ version: "1.0.0", slot: "ota_0", state: "accepted" });
  expect(JSON.parse(readFileSync(join(dir, "otadata.json"), "utf8"))).toMatchObject({ slots: { ota_1: { state: "invalid" } } });
});

test("no update begins while the running firmware is on trial", () => {
  update(boot().firmware, "2.0.0");
  expect(boot().firmware.begin()).toBe("the running firmware is on trial");
});

test("updates go back and forth between the slots", () => {
  update(boot().firmware, "2.0.0");
  const second = boot().firmware;
  second.accept();
  update(second, "3.0.0");
  expect(boot().firmware.info()).toEqual({ version: "3.0.0", project: "test", slot: "ota_0", state: "trial" });
});

test("a power cut during the download leaves the running firmware the one to boot", () => {
  const { firmware } = boot();
  update(firmware, "2.0.0");
  firmware.begin();
  firmware.write(image("3.0.0").slice(0, 5000));
  expect(boot().firmware.info()).toEqual({ version: "1.0.0", slot: "ota_0", state: "accepted" });
});

test("an image that was damaged after its activation is not booted", () => {
  update(boot().firmware, "2.0.0");
  writeFileSync(join(dir, "ota_1.bin"), image("2.0.0").slice(0, 10_000), "latin1");
  const back = boot();
  expect(back.firmware.info().version).toBe("1.0.0");
  expect(back.rolledBack).toBe(true);
});

test("an image for another chip is refused", () => {
  const { firmware } = boot();
  const bytes = Buffer.from(image("2.0.0"), "latin1");
  bytes.writeUInt16LE(9, 12); // ESP32-S3
  firmware.begin();
  firmware.write(bytes.toString("latin1"));
  expect(firmware.activate()).toBe("the image is for another chip");
});

test("an image without a digest of its own is held to its checksum", () => {
  const { firmware } = boot();
  const bytes = Buffer.from(image("2.0.0"), "latin1");
  bytes.writeUInt8(0, 23); // no SHA-256 follows
  for (const [at, answer] of [
    [undefined, undefined],
    [9_000, "the checksum of the image is wrong"],
  ] as const) {
    if (at !== undefined) bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    firmware.begin();
    firmware.write(bytes.toString("latin1"));
    expect(firmware.activate()).toBe(answer);
  }
});

test.each(["", "{", "[]", '{"boot":"ota_2","slots":{}}', '{"boot":"ota_1","slots":{"ota_0":{"state":"valid","version":"1"}}}'])(
  "a damaged otadata.json is told in one sentence: %s",
  (text) => {
    writeFileSync(join(dir, "otadata.json"), text);
    expect(boot).toThrow(/^otadata.json is damaged: [^\n]*$/);
  },
);

test("what cannot be written is a reason, not a crash", () => {
  const { firmware } = boot();
  rmSync(dir, { recursive: true });
  expect(firmware.begin()).toMatch(/./);
  expect(firmware.write("\xe9")).toMatch(/./);
  expect(firmware.rollback()).toMatch(/./);
  dir = mkdtempSync(join(tmpdir(), "slots-"));
});
