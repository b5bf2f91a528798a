/** Firmware that crashes again and again: what it still does, what becomes of other jobs, and how that ends. */
import { defineAction } from "../../src/actions/action";
import { succeeded } from "../../src/failure";
import type { JsonObject } from "../../src/ports";
import { equal, ok, type Spec } from "./spec";
import { execution, virtualAgent, type VirtualAgent } from "./virtual-agent";

const blink = '{"action":"blink","pin":2,"count":1,"onTime":100,"offTime":100}';
const calmMs = 600000;

function given(document: string, crashes: number): VirtualAgent {
  const lamp = virtualAgent({ crashes, bootReason: "watchdog" });
  lamp.connect();
  lamp.accept(`"execution":${execution("a", document)}`);
  return lamp;
}

function details({ last }: VirtualAgent): JsonObject {
  return last().body["statusDetails"] as JsonObject;
}

export const spec: Spec = {
  "does every job after two crashes in a row": () => {
    const lamp = given(blink, 2);
    lamp.device.advance(200);
    equal(lamp.reports(), ["a/update SUCCEEDED"]);
    ok(
      lamp.device.lines.every((line) => line.indexOf("safe mode") < 0),
      lamp.device.lines.join("; "),
    );
  },
  "fails a job for an ordinary action after three, with a code of its own, and touches nothing": () => {
    const lamp = given(blink, 3);
    equal(lamp.reports(), ["a/update FAILED SAFE_MODE"]);
    equal(details(lamp)["reason"], "blink is not done in safe mode, after 3 crashes in a row");
    equal(lamp.device.trace, ["0 record journal"]);
    equal(lamp.device.lines.slice(1, 2), [
      "safe mode after 3 crashes in a row: only jobs for describe, ota, until 10 minutes have passed without a crash",
    ]);
  },
  "still tells an unknown action from one that it does not do now": () => {
    equal(given('{"action":"dance"}', 3).reports(), ["a/update REJECTED ACTION_UNKNOWN"]);
  },
  "describes itself in safe mode, and says so": () => {
    const lamp = given('{"action":"describe"}', 4);
    equal(lamp.reports(), ["a/update SUCCEEDED"]);
    equal(details(lamp)["safeMode"], "after 4 crashes in a row");
    equal(details(given('{"action":"describe"}', 2))["safeMode"], undefined);
  },
  "judges an update in safe mode like ever": () => {
    equal(given('{"action":"ota","url":"https://images.test/fw.bin","version":"2"}', 3).reports(), ["a/update REJECTED INPUT_INVALID"]);
  },
  "leaves safe mode by itself, after ten minutes without a crash": () => {
    const lamp = given(blink, 3);
    lamp.accept();
    lamp.device.advance(calmMs - 1);
    lamp.notify(execution("b", blink, "QUEUED", "1700000100"));
    equal(lamp.reports().slice(-1), ["b/update FAILED SAFE_MODE"]);
    lamp.accept();
    lamp.device.advance(1);
    lamp.notify(execution("c", blink, "QUEUED", "1700000200"));
    lamp.device.advance(200);
    equal(lamp.reports().slice(-1), ["c/update SUCCEEDED"]);
    equal(lamp.device.lines.slice(-1), ["safe mode is over"]);
    ok(lamp.device.trace.indexOf("600000 forget crashes") >= 0, lamp.device.trace.join("; "));
  },
  "forgets fewer crashes after that time, too, and does nothing where there were none": () => {
    const lamp = virtualAgent({ crashes: 1 });
    lamp.device.advance(calmMs);
    equal(lamp.device.trace, ["600000 forget crashes"]);
    const sound = virtualAgent();
    sound.device.advance(calmMs);
    equal(sound.device.trace, []);
  },
  "ends a job that was cut short by a crash, once, and not with the code of safe mode": () => {
    const stall = defineAction({
      name: "stall",
      summary: "Wait.",
      input: {},
      budgetSeconds: 60,
      *run() {
        yield () => () => undefined;
        return succeeded();
      },
    });
    const running = virtualAgent({}, {}, [stall]);
    running.connect();
    running.accept(`"execution":${execution("a", '{"action":"stall"}')}`);
    for (const crashes of [1, 3]) {
      const lamp = virtualAgent({ crashes, bootReason: "crash", texts: { journal: running.device.texts["journal"] ?? "" } }, {}, [stall]);
      lamp.connect();
      lamp.accept();
      equal(lamp.reports(), ["a/update FAILED INTERRUPTED"]);
    }
  },
  "does not go on after a restart with what it would not begin": () => {
    const before = virtualAgent();
    before.connect();
    before.accept(`"execution":${execution("a", '{"action":"reboot"}')}`);
    before.accept();
    const lamp = virtualAgent({ crashes: 3, texts: before.device.texts });
    lamp.connect();
    lamp.accept(`"execution":${execution("a", '{"action":"reboot"}', "IN_PROGRESS")}`);
    equal(lamp.reports(), ["a/update FAILED SAFE_MODE"]);
  },
};
