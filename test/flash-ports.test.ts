/** Ports by their names: which USB device a port is, by which a chip's own port is told from a bridge's. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { flashBoard } from "../tools/firmware/flash-board";
import { planFlash } from "../tools/firmware/flash-plan";
import { isSamePort, portsByName } from "../tools/firmware/serial-binding";
import { createSimulatedBinding } from "../tools/virtual-esp32/serial/binding";
import { createSerialBoard } from "../tools/virtual-esp32/serial/board";
import { makeBuild } from "./surroundings/firmware-build";

const dir = mkdtempSync(join(tmpdir(), "esp32-jobs-ports-"));
afterAll(() => rmSync(dir, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(join(dir, path, ".."), { recursive: true });
  writeFileSync(join(dir, path), text);
}

test("a port without udevadm is told by what /sys has of it", () => {
  for (const name of ["ttyACM0", "ttyUSB1", "ttyS0", "null"]) write(`dev/${name}`, "");
  write("sys/devices/usb1/1-4/idVendor", "303a\n");
  write("sys/devices/usb1/1-4/idProduct", "1001\n");
  mkdirSync(join(dir, "sys/devices/usb1/1-4/1-4:1.0"), { recursive: true });
  mkdirSync(join(dir, "sys/class/tty/ttyACM0"), { recursive: true });
  symlinkSync(join(dir, "sys/devices/usb1/1-4/1-4:1.0"), join(dir, "sys/class/tty/ttyACM0/device"));
  expect(portsByName(join(dir, "dev"), join(dir, "sys/class/tty"))).toEqual([
    { path: join(dir, "dev/ttyACM0"), vendorId: "303a", productId: "1001" },
    { path: join(dir, "dev/ttyUSB1") },
  ]);
});

test("a port is the same by whatever name", () => {
  const [port, link] = [join(dir, "ttyACM7"), join(dir, "by-id")];
  writeFileSync(port, "");
  symlinkSync(port, link);
  expect(isSamePort(link, port)).toBe(true);
  expect(isSamePort("/dev/cu.usbmodem14101", "/dev/tty.usbmodem14101")).toBe(true);
  expect(isSamePort("/dev/ttyUSB0", "/dev/ttyUSB1")).toBe(false);
  expect(isSamePort("COM3", "COM3")).toBe(true);
});

test("an ESP32-C3 is flashed through its own port, named as macOS names it", { timeout: 20_000 }, async () => {
  const board = createSerialBoard({ chip: "esp32c3", ownUsb: true });
  const binding = createSimulatedBinding({ path: "/dev/cu.usbmodem14101", board, vendorId: "303a", productId: "1001" });
  const listed = (await binding.list()).map((port) => ({ ...port, path: "/dev/tty.usbmodem14101" }));
  const plan = planFlash({ from: makeBuild({ chip: "esp32c3" }) });
  const done = await flashBoard(plan, {
    binding: { ...binding, list: async () => listed },
    path: "/dev/cu.usbmodem14101",
    baudRate: 115200,
  });
  expect(done.wasReset).toBe(true);
});
