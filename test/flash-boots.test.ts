/** From a build to a board that runs it: flashed through the loader, started by the reset, watched on the same port. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createConsoleText } from "../tools/firmware/console-text";
import { flashBoard } from "../tools/firmware/flash-board";
import { planFlash } from "../tools/firmware/flash-plan";
import { writeIdentity } from "../tools/firmware/identity";
import { startMonitor } from "../tools/firmware/monitor";
import { systemTime } from "../tools/time";
import { createBoard, type Board } from "../tools/virtual-esp32";
import { createSimulatedBinding } from "../tools/virtual-esp32/serial/binding";
import { createSerialBoard, type SerialBoard } from "../tools/virtual-esp32/serial/board";
import { buildImage } from "../tools/virtual-esp32/image";
import { bootsFromFlash, readPartition } from "../tools/virtual-esp32/serial/flashed-board";
import type { SerialBinding } from "../tools/firmware/serial-binding";
import { makeBuild } from "./surroundings/firmware-build";

const path = "/dev/ttyUSB0";

interface Desk {
  readonly virtual: Board;
  readonly board: SerialBoard;
  readonly binding: SerialBinding;
}

function desk(): Desk {
  const virtual = createBoard({ time: systemTime(), firmware: "jobsfw" });
  const board = createSerialBoard({ boot: bootsFromFlash(virtual) });
  return { virtual, board, binding: createSimulatedBinding({ path, board }) };
}

async function flash({ binding }: Desk, bundle: string, version: string, identity?: string): Promise<void> {
  const plan = planFlash({ from: makeBuild({ bundle, version }), ...(identity !== undefined && { identity }) });
  await flashBoard(plan, { binding, path, baudRate: 460800 });
}

/** Watches the console from a reset on, until a line is there. */
async function lineAfterReset({ binding }: Desk, wanted: RegExp): Promise<string> {
  let found: (line: string) => void;
  const line = new Promise<string>((resolve) => (found = resolve));
  const text = createConsoleText({
    time: systemTime(),
    line: ({ text }) => (wanted.test(text) ? found(text) : undefined),
    part: () => undefined,
  });
  const monitor = await startMonitor({
    binding,
    path,
    baudRate: 115200,
    time: systemTime(),
    resets: true,
    hear: text.feed,
    changed: () => undefined,
  });
  const seen = await line;
  await monitor.stop();
  return seen;
}

describe("a virtual board behind a serial port", () => {
  test("runs what was flashed, and then what is flashed next", { timeout: 30_000 }, async () => {
    const bench = desk();
    await flash(bench, `print("hello from " .. node.info("sw_version").git_commit_id)`, "1.0.0");
    expect(bench.virtual.powered).toBe(true);
    expect(bench.virtual.slots()).toMatchObject({ versions: { ota_0: "1.0.0" } });
    expect(await lineAfterReset(bench, /hello/)).toMatch(/^> hello from /);
    await flash(bench, `error("no luck")`, "1.0.1");
    expect(await lineAfterReset(bench, /luck/)).toMatch(/agent\.lua:1: no luck/);
    expect(bench.virtual.slots()).toMatchObject({ versions: { ota_0: "1.0.1" }, running: "ota_0" });
    expect(readPartition(bench.board.flash, "otadata")?.every((byte) => byte === 0xff)).toBe(true);
    bench.virtual.powerOff();
  });

  test(
    "finds the identity that was flashed with it, and keeps what it writes itself until another one is",
    { timeout: 30_000 },
    async () => {
      const bench = desk();
      const bundle = `print("I am " .. tostring(jobsfw.get("identity", "settings.json")), (jobsfw.get("records", "kept")))`;
      const files = mkdtempSync(join(tmpdir(), "esp32-jobs-identity-"));
      const imageOf = (settings: string): string => {
        writeFileSync(join(files, settings), writeIdentity({ "settings.json": settings, "cert.pem": "x".repeat(5000) }).image);
        return join(files, settings);
      };
      await flash(bench, bundle, "1.0.0", imageOf("lamp"));
      expect(await lineAfterReset(bench, /I am/)).toBe("> I am lamp\tnil");
      bench.virtual.nvs.write("records", "kept", "since");
      await flash(bench, bundle, "1.0.1");
      expect(await lineAfterReset(bench, /I am/)).toBe("> I am lamp\tsince");
      await flash(bench, bundle, "1.0.1", imageOf("desk"));
      expect(await lineAfterReset(bench, /I am/)).toBe("> I am desk\tnil");
      expect(bench.virtual.nvs.read("identity", "cert.pem")?.length).toBe(5000);
      bench.virtual.powerOff();
      rmSync(files, { recursive: true });
    },
  );

  test("runs an image that is flashed again after an update has brought another", { timeout: 30_000 }, async () => {
    const bench = desk();
    await flash(bench, `print("one")`, "1.0.0");
    bench.virtual.flash(
      "ota_1",
      buildImage({ version: "2.0.0", project: "esp32-jobs", sizeBytes: 65_536, modules: { init: `print("two")` } }),
    );
    expect(await lineAfterReset(bench, /one|two/)).toBe("two");
    await flash(bench, `print("one")`, "1.0.0");
    expect(await lineAfterReset(bench, /one|two/)).toBe("> one");
    bench.virtual.powerOff();
  });

  test(
    "starts its loader when EN is pressed with BOOT held, and what was flashed when EN is pressed alone",
    { timeout: 30_000 },
    async () => {
      const bench = desk();
      await flash(bench, `print("hello")`, "1.0.0");
      bench.board.press({ boot: true });
      expect(bench.board.isInLoader).toBe(true);
      expect(bench.virtual.powered).toBe(false);
      bench.board.press();
      expect(bench.board.isInLoader).toBe(false);
      expect(bench.virtual.powered).toBe(true);
      bench.virtual.powerOff();
    },
  );

  test("says what its ROM says while nothing was flashed", async () => {
    const bench = desk();
    expect(await lineAfterReset(bench, /header/)).toBe("invalid header: 0xa5a5a5a5");
  });

  test("does not start an image that is damaged in its flash", { timeout: 30_000 }, async () => {
    const bench = desk();
    await flash(bench, `print("hello")`, "1.0.0");
    bench.board.flash.bytes[0x21000]! ^= 0x01;
    const again = createSerialBoard({ boot: bootsFromFlash(createBoard({ firmware: "jobsfw" })) });
    bench.board.flash.bytes.copy(again.flash.bytes);
    expect(await lineAfterReset({ ...bench, binding: createSimulatedBinding({ path, board: again }) }, /boot: No/)).toMatch(
      /No bootable app/,
    );
    bench.virtual.powerOff();
  });

  test("does not start after a flashing that was cut off, until it is flashed to the end", { timeout: 30_000 }, async () => {
    const bench = desk();
    const stop = new AbortController();
    const plan = planFlash({ from: makeBuild({ bundle: `print("hello")`, version: "1.0.0" }) });
    const work = flashBoard(plan, {
      binding: bench.binding,
      path,
      baudRate: 460800,
      signal: stop.signal,
      progress: ({ percent }) => percent > 50 && stop.abort(),
    });
    await expect(work).rejects.toThrow("stopped while nodemcu.bin was being written");
    expect(await lineAfterReset(bench, /partition/)).toBe("E (48) flash_parts: partition 0 invalid magic number");
    await flash(bench, `print("hello")`, "1.0.0");
    expect(await lineAfterReset(bench, /hello/)).toBe("> hello");
    bench.virtual.powerOff();
  });
});
