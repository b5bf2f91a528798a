import type { Bytes, Firmware, Refusal } from "../../src/ports";
import { equal, ok, show } from "../spec/spec";
import { atOnce, type Contract } from "./contract";
import { firmwareImage } from "./image";

function refused(refusal: Refusal, what: string): void {
  ok(refusal !== undefined && refusal.length > 0, `${what} was not refused`);
}

/** Writes in pieces of odd sizes, the first of one byte. */
function writeAll(firmware: Firmware, image: Bytes): void {
  equal(firmware.write(image.slice(0, 1)), undefined);
  for (let at = 1; at < image.length; at += 1499) equal(firmware.write(image.slice(at, at + 1499)), undefined);
}

/** The same with the byte at `at` replaced. */
function broken(image: Bytes, at: number): Bytes {
  return image.slice(0, at) + (image.charAt(at) === "!" ? "?" : "!") + image.slice(at + 1);
}

/** What the firmware slots owe, on a board whose only firmware is accepted. Restarts are the business of other tests. */
export const firmwareContracts: readonly Contract[] = [
  atOnce("the running firmware has a version, a slot, and is accepted", ({ firmware }) => {
    const { version, slot, state } = firmware.info();
    ok(version.length > 0, "it has no version");
    ok(slot === "ota_0" || slot === "ota_1", show(slot));
    equal(state, "accepted");
  }),
  atOnce("an update goes to the slot that does not run", ({ firmware }) => {
    const target = firmware.target();
    ok(target !== undefined && target.slot !== firmware.info().slot, show(target));
    ok(target?.sizeBytes === undefined || target.sizeBytes >= 1000000, show(target));
  }),
  atOnce("accepting firmware that is not on trial is harmless", ({ firmware }) => {
    equal([firmware.accept() ?? "done", firmware.accept() ?? "done"], ["done", "done"]);
    equal(firmware.info().state, "accepted");
  }),
  atOnce("a rollback is refused when there is no other firmware", ({ firmware }) => refused(firmware.rollback(), "the rollback")),
  atOnce("nothing can be written or activated before an update has begun", ({ firmware }) => {
    refused(firmware.write("\u0001"), "the write");
    refused(firmware.activate(), "the activation");
  }),
  atOnce("an update of nothing is not activated", ({ firmware }) => {
    equal(firmware.begin(), undefined);
    refused(firmware.activate(), "the activation");
    refused(firmware.activate(), "the second activation");
  }),
  atOnce("data that does not begin with 0xE9 is refused at once", ({ firmware }) => {
    equal(firmware.begin(), undefined);
    refused(firmware.write("<html>"), "the write");
    refused(firmware.activate(), "the activation");
  }),
  atOnce("an image that is not complete is not activated", ({ firmware, hashes }) => {
    const image = firmwareImage(hashes, "2.0.0", 2000);
    for (const size of [1, 24, 300, 3000, image.length - 1]) {
      equal(firmware.begin(), undefined);
      writeAll(firmware, image.slice(0, size));
      refused(firmware.activate(), `the activation of ${show(size)} bytes`);
    }
  }),
  atOnce("an image with a wrong byte is not activated", ({ firmware, hashes }) => {
    const image = firmwareImage(hashes, "2.0.0", 2000);
    for (const at of [400, image.length - 33, image.length - 1]) {
      equal(firmware.begin(), undefined);
      writeAll(firmware, broken(image, at));
      refused(firmware.activate(), `the activation with byte ${show(at)} changed`);
    }
  }),
  atOnce("more than the slot holds is refused", ({ firmware, hashes }) => {
    const image = firmwareImage(hashes, "2.0.0", 2000);
    const more = "x".repeat(4096);
    equal(firmware.begin(), undefined);
    let refusal = firmware.write(image);
    for (let written = 0; refusal === undefined && written < 4194304; written += more.length) refusal = firmware.write(more);
    refused(refusal ?? firmware.activate(), "the image");
  }),
  atOnce("a good image is activated, after an update that was abandoned, and nothing restarts", ({ firmware, hashes }) => {
    const before = firmware.info();
    equal(firmware.begin(), undefined);
    writeAll(firmware, firmwareImage(hashes, "1.9.0", 4000));
    equal(firmware.begin(), undefined);
    writeAll(firmware, firmwareImage(hashes, "2.0.0", 2000));
    equal(firmware.write(""), undefined);
    equal(firmware.activate(), undefined);
    equal(firmware.info(), before);
  }),
  atOnce("an update that is activated is over", ({ firmware }) => {
    refused(firmware.write("\u0001"), "the write");
    refused(firmware.activate(), "the activation");
  }),
  atOnce("a new update may begin over one that is activated", ({ firmware, hashes }) => {
    equal(firmware.begin(), undefined);
    writeAll(firmware, firmwareImage(hashes, "2.1.0", 8));
    equal(firmware.activate(), undefined);
  }),
];
