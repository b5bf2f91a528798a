/** The double that other specs lean on keeps the duties of the ports. */
import type { HttpEvents } from "../../src/ports";
import { text } from "../../src/portable/integers";
import { equal } from "./spec";
import type { Spec } from "./spec";
import { virtualDevice } from "./virtual-device";
import { virtualDigest } from "./virtual-hash";

/** Writes down what a download tells. */
function listener(log: string[]): HttpEvents {
  return {
    headers: (status, sizeBytes) => log.push(`${text(status)} ${sizeBytes === undefined ? "?" : text(sizeBytes)}`),
    data: (chunk) => log.push(chunk),
    end: (result) => log.push(result.kind === "complete" ? "complete" : result.reason),
  };
}

export const spec: Spec = {
  "timers fire in the order of their time, then of their making": () => {
    const device = virtualDevice();
    const log: string[] = [];
    device.clock.after(20, () => log.push("c"));
    device.clock.after(10, () => {
      log.push("a");
      device.clock.after(5, () => log.push("b"));
    });
    const cancel = device.clock.after(10, () => log.push("never"));
    device.clock.after(20, () => log.push("d"));
    cancel();
    device.advance(19);
    equal(log, ["a", "b"]);
    device.advance(1);
    equal(log, ["a", "b", "c", "d"]);
    equal(device.advanceToNext(), false);
  },

  "seconds are whole, and the time of day is unknown until it is set": () => {
    const device = virtualDevice();
    device.advance(59999);
    equal(device.clock.seconds(), 59);
    equal(device.clock.epochSeconds(), undefined);
    device.setEpoch(1489096425);
    device.advance(1001);
    equal(device.clock.epochSeconds(), 1489096427);
  },

  "a pin that is no output is refused and leaves no trace": () => {
    const device = virtualDevice();
    equal([device.gpio.write(2, 1), device.gpio.write(34, 1), device.gpio.write(0 - 1, 1)], [true, false, false]);
    device.advance(250);
    device.gpio.write(2, 0);
    equal(device.trace, ["0 pin 2 on", "250 pin 2 off"]);
  },

  "a download tells headers, pieces and end, and nothing before get has returned": () => {
    const device = virtualDevice({ answers: { "https://x/a": { status: 200, sizeBytes: 4, chunks: ["ab", "cd"], chunkEveryMs: 10 } } });
    const log: string[] = [];
    device.http.get("https://x/a", listener(log));
    equal(log, []);
    device.advance(20);
    equal(log, ["200 4", "ab"]);
    device.advance(100);
    equal(log, ["200 4", "ab", "cd", "complete"]);
  },

  "a cancelled download tells nothing more": () => {
    const device = virtualDevice({ answers: { "https://x/a": { status: 200, chunks: ["ab", "cd"] } } });
    const log: string[] = [];
    const cancel = device.http.get("https://x/a", listener(log));
    device.advance(2);
    cancel();
    cancel();
    device.advance(100);
    equal(log, ["200 ?", "ab"]);
    equal(device.trace, ["0 get https://x/a", "2 stop getting https://x/a"]);
  },

  "an unknown host and a URL too long end as failed, with the reason": () => {
    const device = virtualDevice({ maxUrlBytes: 20 });
    const log: string[] = [];
    device.http.get("https://nowhere/", listener(log));
    device.http.get("https://nowhere/and/further", listener(log));
    device.advance(5);
    equal(log, ["the host is unknown", "the URL is longer than 20 bytes"]);
  },

  "a digest does not depend on how the data is cut, and shows a changed byte": () => {
    const hash = virtualDevice().hashes.start("sha256");
    hash.update("some ");
    hash.update("");
    hash.update("firmware");
    const whole = virtualDigest("sha256", "some firmware");
    equal(hash.hex(), whole);
    equal([whole.length, virtualDigest("md5", "").length], [64, 32]);
    equal(virtualDigest("md5", "some firmware") === virtualDigest("md5", "some firmwarf"), false);
  },

  "an update is begun, written and activated, within the slot": () => {
    const device = virtualDevice({ slotBytes: 6 });
    equal(device.firmware.write("x"), "no update was begun");
    equal(device.firmware.begin(), undefined);
    equal(device.firmware.write("abc"), undefined);
    equal(device.firmware.write("def"), undefined);
    equal(device.firmware.write("g"), "the slot is full");
    equal(device.firmware.activate(), undefined);
    equal(device.slot, ["abc", "def"]);
    equal(device.trace, ["0 begin update", "0 activate 6 bytes"]);
  },

  "firmware on trial refuses an update, and is accepted or rolled back": () => {
    const kept = virtualDevice({ state: "trial", version: "2.0.0" });
    equal(kept.firmware.begin(), "the running firmware is on trial");
    kept.firmware.accept();
    equal(kept.firmware.info(), { version: "2.0.0", slot: "ota_0", state: "accepted" });
    equal(kept.firmware.rollback(), "there is no firmware to go back to");

    const lost = virtualDevice({ state: "trial" });
    lost.clock.after(10, () => lost.gpio.write(2, 1));
    lost.firmware.rollback();
    lost.advance(100);
    equal(lost.trace, ["0 roll back"]);
  },

  "records outlive a restart, and a broken file system keeps the old text": () => {
    const first = virtualDevice();
    equal(first.records.write("journal", "one"), true);
    first.recordsWork = false;
    equal(first.records.write("journal", "two"), false);
    first.system.restart();
    const second = virtualDevice({ texts: first.texts });
    equal(second.records.read("journal"), "one");
    equal(second.records.read("other"), undefined);
  },
};
