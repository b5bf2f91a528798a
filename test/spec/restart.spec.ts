/** Jobs that restart the board, and firmware on trial. */
import { defineAction, restart } from "../../src/actions/action";
import { succeeded } from "../../src/failure";
import { equal, ok, type Spec } from "./spec";
import { execution, virtualAgent, type VirtualAgent } from "./virtual-agent";
import { virtualDigest } from "./virtual-hash";
import type { VirtualDeviceOptions } from "./virtual-device";

/** The first byte of an ESP32 image. A literal would become two bytes of UTF-8 in Lua. */
const magic = String.fromCharCode(233);
const url = "https://images.test/fw.bin";
const image = [magic + "a".repeat(499), "b".repeat(500)];
const answers = { [url]: { status: 200, sizeBytes: 1000, chunks: image } };

function otaDocument(md5 = virtualDigest("md5", image.join(""))): string {
  return `{"action":"ota","url":"${url}","version":"2.0.0","md5":"${md5}","size":1000}`;
}

function given(document: string, options: VirtualDeviceOptions = {}): VirtualAgent {
  const lamp = virtualAgent(options);
  lamp.connect();
  lamp.accept(`"execution":${execution("a", document)}`);
  return lamp;
}

export const spec: Spec = {
  "claims a reboot job, restarts, and reports success once it is back": () => {
    const before = given('{"action":"reboot"}');
    equal(before.reports(), ["a/update IN_PROGRESS"]);
    equal(before.device.trace, ["0 record journal"]);
    before.accept();
    equal(before.device.trace, ["0 record journal", "0 record journal", "0 restart"]);
    const lamp = virtualAgent({ texts: before.device.texts, bootReason: "restart" });
    equal(lamp.reports(), []);
    lamp.connect();
    equal(lamp.reports(), []);
    lamp.accept(`"execution":${execution("a", '{"action":"reboot"}', "IN_PROGRESS")}`);
    equal(lamp.reports(), ["a/update SUCCEEDED"]);
    equal(lamp.last().body["statusDetails"], { bootReason: "restart" });
  },
  "restarts without the claim when nobody answers it": () => {
    const lamp = given('{"action":"reboot"}');
    lamp.device.advance(10000);
    equal(lamp.device.trace, ["0 record journal", "10000 record journal", "10000 restart"]);
  },
  "restarts though the connection is gone, after a while": () => {
    const lamp = given('{"action":"reboot"}');
    lamp.drop();
    lamp.device.advance(10000);
    equal(lamp.device.trace[2], "10000 restart");
  },
  "does not restart when that cannot be written down": () => {
    const lamp = given('{"action":"reboot"}');
    lamp.device.recordsWork = false;
    lamp.accept();
    equal(lamp.reports(), ["a/update IN_PROGRESS", "a/update FAILED JOURNAL_UNWRITABLE"]);
    equal(lamp.device.trace, ["0 record journal"]);
  },
  "installs an image, restarts into it, accepts it once the service has answered, and reports": () => {
    const before = given(otaDocument(), { answers });
    before.device.advance(4000);
    equal(before.device.slot, image);
    before.accept();
    const steps = before.device.trace.filter((line) => line.indexOf("record") < 0);
    ok((steps[steps.length - 1] ?? "").indexOf("restart") > 0, steps.join("; "));
    const lamp = virtualAgent({ texts: before.device.texts, state: "trial", version: "2.0.0", slot: "ota_1" });
    lamp.connect();
    equal(lamp.reports(), []);
    equal(lamp.device.trace, []);
    lamp.accept();
    ok((lamp.device.trace[0] ?? "").indexOf("accept") > 0, lamp.device.trace.join("; "));
    equal(lamp.reports(), ["a/update SUCCEEDED"]);
    equal(lamp.last().body["statusDetails"], { previous: "1.0.0", slot: "ota_1", version: "2.0.0" });
  },
  "goes on three times with what restarts the board again, and does not run in circles": () => {
    const stuck = defineAction({
      name: "stuck",
      summary: "Restart, then stop the processor.",
      input: {},
      budgetSeconds: 7,
      *run() {
        return restart();
      },
      *resume({ gpio }) {
        gpio.write(2, 1);
        yield () => () => undefined;
        return succeeded();
      },
    });
    const texts: Record<string, string> = {};
    const went: number[] = [];
    let lamp = virtualAgent({ texts }, {}, [stuck]);
    for (const status of ["QUEUED", "IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS"]) {
      lamp.connect();
      lamp.accept(`"execution":${execution("a", '{"action":"stuck"}', status)}`);
      if (status === "QUEUED") lamp.accept();
      went.push(lamp.device.trace.filter((line) => line.indexOf("pin") >= 0).length);
      if (lamp.reports().indexOf("a/update FAILED INTERRUPTED") < 0) lamp = virtualAgent({ texts, bootReason: "watchdog" }, {}, [stuck]);
    }
    equal(went, [0, 1, 1, 1, 0]);
    equal(lamp.reports(), ["a/update FAILED INTERRUPTED"]);
  },
  "makes new firmware the next to boot only when the journal says so and the job is still wanted": () => {
    for (const trouble of ["cancelled", "journal", "power"]) {
      const lamp = given(otaDocument(), { answers });
      lamp.device.recordsWork = trouble !== "journal";
      lamp.device.advance(4000);
      if (trouble === "cancelled") lamp.reject("InvalidStateTransition", '"executionState":{"status":"CANCELED","versionNumber":2}');
      else if (trouble === "journal") lamp.accept();
      equal(
        lamp.reports(),
        trouble === "journal" ? ["a/update IN_PROGRESS", "a/update FAILED JOURNAL_UNWRITABLE"] : ["a/update IN_PROGRESS"],
      );
      ok(
        lamp.device.trace.every((line) => line.indexOf("activate") < 0),
        lamp.device.trace.join("; "),
      );
    }
    const lamp = given(otaDocument(), { answers });
    lamp.device.advance(4000);
    lamp.accept();
    const steps = lamp.device.trace.slice(-3).map((line) => line.slice(5));
    equal(steps, ["record journal", "activate 1000 bytes", "restart"]);
  },
  "rolls firmware back that does not reach the service in time": () => {
    const lamp = virtualAgent({ state: "trial", version: "2.0.0", slot: "ota_1" });
    lamp.device.advance(299999);
    equal(lamp.device.trace, []);
    lamp.device.advance(1);
    ok((lamp.device.trace[0] ?? "").indexOf("roll back") > 0, lamp.device.trace.join("; "));
  },
  "reports a roll-back from the firmware that runs again": () => {
    const before = given(otaDocument(), { answers });
    before.device.advance(4000);
    before.accept();
    const lamp = virtualAgent({ texts: before.device.texts });
    lamp.connect();
    lamp.accept();
    equal(lamp.reports(), ["a/update FAILED ROLLED_BACK"]);
  },
  "fails an image with a wrong digest and does not touch the boot order": () => {
    const lamp = given(otaDocument("0123456789abcdef0123456789abcdef"), { answers });
    lamp.device.advance(4000);
    equal(lamp.reports(), ["a/update FAILED MD5_MISMATCH"]);
    ok(
      lamp.device.trace.every((line) => line.indexOf("activate") < 0),
      lamp.device.trace.join("; "),
    );
  },
};
