/** Signed firmware, the whole way: a key, a board that was provisioned with its public half, builds, and jobs that bring them over the air. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { prepareBoard, readBundle } from "../tools/cli/virtual-board";
import type { Board } from "../tools/virtual-esp32";
import { openCommandLine, startUp, type Result } from "./surroundings/command-line";
import { makeBuild } from "./surroundings/firmware-build";

const line = openCommandLine({ ESP32_JOBS_WIFI_SSID: "lamps", ESP32_JOBS_WIFI_PASSWORD: "lamps-password" });
const role = "arn:aws:iam::123456789012:role/read-firmware";
const said: string[] = [];
let board: Board;
let bundle = "";

/** The manifest of a build, signed with a key when one is named. */
async function build(version: string, key?: string): Promise<string> {
  const manifest = join(makeBuild({ bundle, version }), "manifest.json");
  if (key !== undefined) await line.json("sign", manifest, "--key", key);
  return manifest;
}

function update(manifest: string, ...words: readonly string[]): Promise<Result> {
  return line.run("job", "create", "--ota", manifest, "--thing", "lamp-07", "--wait", "--timeout", "50", ...words);
}

beforeAll(async () => {
  bundle = readBundle();
  await startUp(line, "--no-board");
  for (const folder of ["signer", "stranger"]) await line.json("key", "new", "--out", folder);
  await line.json("provision", "lamp-07", "--nvs", "lamp-07.bin", "--signer", "signer/signer.pem");
  board = prepareBoard({ firmware: "jobsfw", identity: {}, log: (text) => said.push(text) });
  board.nvs.flash(readFileSync(join(line.dir, "lamp-07.bin")));
  board.powerOn();
}, 60_000);
afterAll(() => {
  line.close();
  board.powerOff();
});

describe("a board that was provisioned with a signer", { timeout: 90_000 }, () => {
  test("refuses a firmware that is not signed before it fetches any of it", async () => {
    const { code, out, err } = await update(await build("2.0.0"));
    expect(code).toBe(1);
    expect(out).toMatch(/REJECTED.*SIGNATURE_MISSING/);
    expect(out).toContain("this device takes signed firmware only");
    expect(err).not.toContain("downloading");
  });

  test("refuses one that somebody else signed, and keeps the firmware it has", async () => {
    const { code, out } = await update(await build("2.0.0", "stranger/signer-key.pem"));
    expect(code).toBe(1);
    expect(out).toMatch(/FAILED.*SIGNATURE_INVALID/);
    expect(board.slots()).toMatchObject({ running: "ota_0", next: "ota_0" });
  });

  test("takes what its signer signed, from a bucket by a signed URL, while the command tells the steps", async () => {
    const { code, out, err } = await update(await build("2.0.0", "signer/signer-key.pem"), "--bucket", "firmware", "--role", role);
    expect(said.join("\n")).not.toMatch(/X-Amz-Signature/);
    expect(err).toMatch(/^Bringing nodemcu\.bin \(\d+ bytes\) to https:/);
    expect(err).toMatch(/^lamp-07 {2}downloading, percent: \d+, receivedBytes: \d+$/m);
    expect(out).toMatch(/SUCCEEDED[^]*version: 2\.0\.0/);
    expect(code).toBe(0);
    expect(board.slots()).toMatchObject({ running: "ota_1", versions: { ota_1: "2.0.0" }, states: { ota_1: "valid" } });
    const described = await line.json("job", "create", "describe", "--thing", "lamp-07", "--wait", "--timeout", "50");
    expect(described).toMatchObject({ executions: [{ status: "SUCCEEDED", statusDetails: { version: "2.0.0", slot: "ota_1" } }] });
  });
});
