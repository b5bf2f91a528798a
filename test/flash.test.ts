/** Flashing a board through the loader in its ROM: esptool-js and serialport's stream on this side, the loader's protocol on the other. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { flashBoard, type FlashOptions } from "../tools/firmware/flash-board";
import { planFlash } from "../tools/firmware/flash-plan";
import { createSimulatedBinding, type SimulatedPort } from "../tools/virtual-esp32/serial/binding";
import { createSerialBoard, type SerialBoard, type SerialBoardOptions } from "../tools/virtual-esp32/serial/board";
import { op } from "../tools/virtual-esp32/serial/protocol";
import { identityImage, makeBuild } from "./surroundings/firmware-build";

const path = "/dev/ttyUSB0";
const from = makeBuild();
const identity = join(from, "identity.bin");
writeFileSync(identity, identityImage());
const plan = planFlash({ from, identity });

interface Bench {
  readonly board: SerialBoard;
  flash(options?: Partial<FlashOptions>): ReturnType<typeof flashBoard>;
}

function bench(board: SerialBoardOptions = {}, port: Partial<SimulatedPort> = {}): Bench {
  const made = createSerialBoard(board);
  const binding = createSimulatedBinding({ path, board: made, ...port });
  return { board: made, flash: (options = {}) => flashBoard(plan, { binding, path, baudRate: 460800, ...options }) };
}

/** The flash as it has to be: every piece at its place, and all else as it was. */
function expectWritten(board: SerialBoard): void {
  for (const { name, offset, bytes } of plan.parts)
    expect(board.flash.bytes.subarray(offset, offset + bytes.length).equals(bytes), name).toBe(true);
  expect(board.flash.bytes[0]).toBe(0xa5);
  expect(board.flash.bytes[0x340000]).toBe(0xa5);
}

function expectUntouched(board: SerialBoard): void {
  expect(board.flash.bytes.every((byte) => byte === 0xa5)).toBe(true);
}

describe.concurrent("a board that is flashed", () => {
  test("holds every byte of the build and the identity, is reset and runs", async () => {
    let booted = 0;
    const { board, flash } = bench({ boot: () => (booted++, { type: () => undefined, stop: () => undefined }) });
    const percents: number[] = [];
    const done = await flash({ progress: ({ percent }) => percents.push(percent) });
    expectWritten(board);
    expect(done).toEqual({
      chip: "ESP32-D0WDQ6 (revision 0)",
      mac: "24:0a:c4:00:00:01",
      flashSizeBytes: 0x400000,
      baudRate: 460800,
      wasReset: true,
    });
    expect(percents.at(-1)).toBe(100);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect([booted, board.isInLoader]).toEqual([1, false]);
    expect(board.commands.filter((command) => command === op.spiFlashMd5)).toHaveLength(plan.parts.length);
  });

  test("keeps its other partitions, unless the whole flash is erased first", async () => {
    const { board, flash } = bench();
    await flash({ eraseAll: true });
    expect(board.flash.bytes[0x340000]).toBe(0xff);
    expect(board.flash.bytes.subarray(0x20000, 0x20004)).toEqual(plan.parts[1]?.bytes.subarray(0, 4));
  });

  test.each([["esp32s3"], ["esp32c3"]] as const)("may be an %s", async (chip) => {
    const other = planFlash({ from: makeBuild({ chip }) });
    const board = createSerialBoard({ chip });
    await flashBoard(other, { binding: createSimulatedBinding({ path, board }), path, baudRate: 115200 });
    for (const { offset, bytes } of other.parts) expect(board.flash.bytes.subarray(offset, offset + bytes.length).equals(bytes)).toBe(true);
  });

  test.each([["esp32s3"], ["esp32c3"]] as const)("may be an %s with the cable in its own USB port", async (chip) => {
    const other = planFlash({ from: makeBuild({ chip }) });
    let booted = 0;
    const board = createSerialBoard({ chip, ownUsb: true, boot: () => (booted++, { type: () => undefined, stop: () => undefined }) });
    const port = { path: "/dev/ttyACM0", board, vendorId: "303a", productId: "1001" };
    await flashBoard(other, { binding: createSimulatedBinding(port), path: port.path, baudRate: 460800 });
    for (const { offset, bytes } of other.parts) expect(board.flash.bytes.subarray(offset, offset + bytes.length).equals(bytes)).toBe(true);
    expect([booted, board.isInLoader]).toEqual([1, false]);
  });

  test("may have a flash whose maker numbers sizes otherwise", async () => {
    const { flash } = bench({ flashSizeId: 0x36 });
    expect(await flash()).toMatchObject({ flashSizeBytes: 0x400000 });
  });

  test("may answer late", async () => {
    const { board, flash } = bench({ faults: { silentSyncs: 4 } });
    await flash();
    expectWritten(board);
  });

  test("may be in its loader already, behind a port without DTR and RTS", async () => {
    const { board, flash } = bench({ startsInLoader: true, faults: { ignoresLines: true } });
    await flash();
    expectWritten(board);
  });

  test("may send a boot log full of noise first", async () => {
    const noise = Buffer.from(Array.from({ length: 3000 }, (_, n) => (n * 151 + (n >> 3)) & 0xff));
    const { board, flash } = bench({ faults: { noise } });
    await flash();
    expectWritten(board);
  });

  test("gets a block again that was damaged on the wire", async () => {
    const { board, flash } = bench({ faults: { corruptBlocks: (block) => block === 2 || block === 5 } });
    await flash();
    expectWritten(board);
  });

  test.each([
    ["the chip refuses the higher rate", { faults: { refusesBaudrate: true } }, {}],
    ["the computer's driver refuses the higher rate", {}, { maxBaudRate: 230400 }],
  ] as const)("is flashed slowly when %s", { timeout: 20_000 }, async (_, options, port) => {
    const { board, flash } = bench(options, port);
    expect(await flash()).toMatchObject({ baudRate: 115200 });
    expectWritten(board);
  });
});

describe.concurrent("a board that is not flashed", () => {
  test("has another chip: nothing is written, and it goes on with what it had", async () => {
    const { board, flash } = bench({ chip: "esp32c3" });
    await expect(flash()).rejects.toThrow("has an ESP32-C3, and this firmware is for the ESP32: build it with CHIP=esp32c3");
    expectUntouched(board);
    expect(board.isInLoader).toBe(false);
  });

  test.each([
    ["esp32", 300, /has an ESP32-D0WDQ6 \(revision 0\), and this firmware is for revision v3\.0 or later/],
    ["esp32c3", 3, /has an ESP32-C3 \(QFN32\) \(revision v0\.0\), and this firmware is for revision v0\.3 or later/],
  ] as const)("is of an earlier revision than the images want: %s", async (chip, minRevision, sentence) => {
    const board = createSerialBoard({ chip });
    const binding = createSimulatedBinding({ path, board });
    const later = { ...planFlash({ from: makeBuild({ chip }) }), minRevision };
    await expect(flashBoard(later, { binding, path, baudRate: 115200 })).rejects.toThrow(sentence);
    expectUntouched(board);
  });

  test("has less flash than the firmware needs", async () => {
    const { board, flash } = bench({ flashBytes: 0x200000 });
    await expect(flash()).rejects.toThrow("has 2 MB of flash, and this firmware needs 4 MB");
    expectUntouched(board);
  });

  test.each([
    [0xff, "does not answer: something else may be connected to its pins"],
    [0x77, "has an unknown size (0x77): write it with --with-esptool"],
  ])("has a flash with the size %i", async (flashSizeId, sentence) => {
    const { board, flash } = bench({ flashSizeId });
    await expect(flash()).rejects.toThrow(sentence);
    expectUntouched(board);
  });

  test.each([["esp32"], ["esp32s3"], ["esp32c3"]] as const)("has an encrypted flash: %s", async (chip) => {
    const board = createSerialBoard({ chip, isEncrypted: true });
    const work = flashBoard(planFlash({ from: makeBuild({ chip }) }), {
      binding: createSimulatedBinding({ path, board }),
      path,
      baudRate: 115200,
    });
    await expect(work).rejects.toThrow("is encrypted: what is written here would not start");
    expectUntouched(board);
  });

  test.each([["esp32"], ["esp32s3"], ["esp32c3"]] as const)("has secure boot: %s", async (chip) => {
    const board = createSerialBoard({ chip, hasSecureBoot: true });
    const work = flashBoard(planFlash({ from: makeBuild({ chip }) }), {
      binding: createSimulatedBinding({ path, board }),
      path,
      baudRate: 115200,
    });
    await expect(work).rejects.toThrow("has secure boot: what is written here would not start");
    expectUntouched(board);
  });

  test("does not answer", { timeout: 30_000 }, async () => {
    const { board, flash } = bench({ faults: { ignoresLines: true } });
    await expect(flash()).rejects.toThrow("does not answer: hold its BOOT button, press EN");
    expectUntouched(board);
  });

  test("vanishes half-way", async () => {
    const { board, flash } = bench({ faults: { unplugAtBlock: 4 } });
    await expect(flash()).rejects.toThrow(
      `${path} vanished while nodemcu.bin was being written: the board does not start until it is flashed`,
    );
    expect(board.isPluggedIn).toBe(false);
  });

  test("gets damaged blocks again and again", async () => {
    const { flash } = bench({ faults: { corruptBlocks: (block) => block > 3 } });
    await expect(flash()).rejects.toThrow(/^writing nodemcu.bin failed \(.*193.*\): flash again, with --baud 115200/);
  });

  test("has a flash chip that does not keep what it is given", async () => {
    const { flash } = bench({ faults: { stuckAt: 0x20100 } });
    await expect(flash()).rejects.toThrow("the flash does not hold what was written for nodemcu.bin (MD5 differs)");
  });

  test("is left alone when the work is called off, and the port is free again", async () => {
    const { board, flash } = bench();
    const stop = new AbortController();
    const work = flash({ signal: stop.signal, progress: ({ percent }) => percent > 50 && stop.abort() });
    await expect(work).rejects.toThrow("stopped while nodemcu.bin was being written: flash the board again before it is used");
    await flash();
    expectWritten(board);
  });

  test.each([
    ["Error: No such file or directory, cannot open /dev/ttyUSB0", "there is no port /dev/ttyUSB0: is the board plugged in?"],
    ["Error: Permission denied, cannot open /dev/ttyUSB0", "mostly dialout: sudo usermod -aG dialout $USER"],
    ["Error Resource temporarily unavailable Cannot lock port", "another program holds /dev/ttyUSB0: close the monitor, IDE or terminal"],
    ["Error: Device or resource busy, cannot open /dev/ttyUSB0", "another program holds /dev/ttyUSB0"],
    ["Opening COM3: Access denied", "another program holds /dev/ttyUSB0"],
  ])("has a port that cannot be opened: %s", async (openError, sentence) => {
    const { flash } = bench({}, { openError: () => openError });
    await expect(flash()).rejects.toThrow(sentence);
  });
});

test("what is read back from the flash is what the build's files hold", () => {
  expect(plan.parts.map(({ name, offset }) => [name, offset])).toEqual([
    ["bootloader/bootloader.bin", 0x1000],
    ["nodemcu.bin", 0x20000],
    ["partition_table/partition-table.bin", 0x8000],
    ["ota_data_initial.bin", 0xf000],
    [identity, 0x9000],
  ]);
  expect(plan.parts[1]?.bytes.equals(readFileSync(join(from, "nodemcu.bin")))).toBe(true);
});
