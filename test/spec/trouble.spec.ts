/** A device and its jobs when things go wrong: lost answers, power cuts, documents and actions that are broken. */
import { defineAction } from "../../src/actions/action";
import { succeeded } from "../../src/failure";
import { sleep } from "../../src/portable/task";
import { equal, ok, type Spec } from "./spec";
import { execution, virtualAgent, type VirtualAgent } from "./virtual-agent";

const blinkOnce = '{"action":"blink","count":1,"onTime":100,"offTime":50}';
const blinkLong = '{"action":"blink","count":10,"onTime":1000,"offTime":1000}';

/** An agent that has just been given a job. */
function busy(document: string, claimAfterSeconds = 5): VirtualAgent {
  const lamp = virtualAgent({}, { claimAfterSeconds });
  lamp.connect();
  lamp.accept(`"execution":${execution("a", document)}`);
  return lamp;
}

/** The same device after a restart: its records are what is left. */
function rebooted(before: VirtualAgent, bootReason = "power"): VirtualAgent {
  const lamp = virtualAgent({ texts: before.device.texts, bootReason });
  lamp.connect();
  return lamp;
}

export const spec: Spec = {
  "sends a report again until it is answered, the same one": () => {
    const lamp = busy(blinkOnce);
    lamp.device.advance(150);
    lamp.device.advance(10000);
    lamp.device.advance(20000);
    const sent = lamp.published.filter(({ topic }) => topic === "a/update");
    equal(sent.length, 3);
    equal(sent[2], sent[0]);
    lamp.accept();
    lamp.device.advance(3600000);
    equal(lamp.reports().length, 3);
  },
  "sends a report again after a reconnect": () => {
    const lamp = busy(blinkOnce);
    lamp.drop();
    lamp.device.advance(150);
    equal(lamp.reports(), []);
    lamp.connect();
    equal(lamp.reports(), ["a/update SUCCEEDED"]);
    lamp.accept();
    lamp.device.advance(60000);
    equal(lamp.reports(), ["a/update SUCCEEDED"]);
  },
  "does not run what was next before an outage, before news that it could not read, or before a report had to be repeated": () => {
    for (const trouble of ["outage", "unreadable", "busy"]) {
      const lamp = busyUntilReport();
      lamp.notify(execution("b", blinkOnce, "QUEUED", "1700000001"));
      if (trouble === "outage") {
        lamp.drop();
        lamp.connect();
      } else if (trouble === "unreadable") lamp.say("notify-next", undefined);
      else {
        lamp.reject("RequestThrottled");
        lamp.device.advance(10000);
      }
      equal(lamp.last().topic, "a/update");
      lamp.accept();
      lamp.device.advance(1000);
      ok(
        lamp.device.trace.every((line) => line.indexOf("150 pin 2 on") < 0),
        "b was not run",
      );
      ok(
        lamp.published.some(({ topic }, n) => n > 0 && topic === "$next/get"),
        "it asks what is next",
      );
    }
  },
  "sends a report again after a power cut": () => {
    const lamp = rebooted(busyUntilReport());
    equal(lamp.reports(), ["a/update SUCCEEDED"]);
    equal(lamp.device.trace.length, 0);
  },
  "reports a job that a restart interrupted, and does not run it again": () => {
    const before = busy(blinkLong);
    before.device.advance(300);
    const lamp = rebooted(before, "watchdog");
    equal(lamp.reports(), ["a/update FAILED INTERRUPTED"]);
    equal(lamp.last().body["statusDetails"], { code: "INTERRUPTED", reason: "the device restarted (watchdog) while blink ran" });
    lamp.notify(execution("a", blinkLong));
    lamp.accept();
    lamp.notify(execution("a", blinkLong));
    lamp.device.advance(1000);
    ok(
      lamp.device.trace.every((line) => line.indexOf("pin") < 0),
      "the LED stayed dark",
    );
  },
  "does not run a finished job again after a restart": () => {
    const before = busyUntilReport();
    before.accept();
    const lamp = rebooted(before);
    lamp.notify(execution("a", blinkOnce));
    lamp.device.advance(1000);
    equal(lamp.reports(), []);
  },
  "gives its report again when the service has lost it": () => {
    const before = busyUntilReport();
    before.accept();
    const lamp = rebooted(before);
    lamp.accept(`"execution":${execution("a", blinkOnce)}`);
    equal(lamp.reports(), ["a/update SUCCEEDED"]);
    equal(lamp.last().body["statusDetails"], { blinks: "1" });
  },
  "fails a job that is in progress although it knows nothing of it": () => {
    const lamp = virtualAgent();
    lamp.connect();
    lamp.accept(`"execution":${execution("a", blinkOnce, "IN_PROGRESS")}`);
    equal(lamp.reports(), ["a/update FAILED INTERRUPTED"]);
    equal(lamp.device.trace, ["0 record journal"]);
  },
  "starts nothing when the journal cannot be written": () => {
    const lamp = virtualAgent();
    lamp.device.recordsWork = false;
    lamp.connect();
    lamp.accept(`"execution":${execution("a", blinkOnce)}`);
    equal(lamp.reports(), ["a/update FAILED JOURNAL_UNWRITABLE"]);
    lamp.device.advance(10000);
    equal(lamp.device.trace, []);
  },
  "rejects a document that it cannot hold or decode, and no other": () => {
    for (const kind of ["too large", "cut", "too deep"]) {
      const deep = `{"execution":${execution("a", "[".repeat(30) + "]".repeat(30))}}`;
      const payload = kind === "too large" ? undefined : kind === "cut" ? "{" : deep;
      const lamp = virtualAgent();
      lamp.connect();
      lamp.accept();
      lamp.say("notify-next", payload);
      equal(lamp.last().topic, "$next/get");
      equal(lamp.last().body["includeJobDocument"], false);
      const envelope = execution("a", '"-"').replace(',"jobDocument":"-"', "");
      lamp.accept(`"execution":${envelope}`);
      equal(lamp.last().topic, "a/get");
      lamp.say("a/get/accepted", payload);
      equal(lamp.reports(), ["a/update REJECTED DOCUMENT_UNREADABLE"]);
    }
  },
  "rejects a job whose document is null, after asking for it once": () => {
    const lamp = virtualAgent();
    lamp.connect();
    lamp.accept();
    lamp.notify(execution("a", "null"));
    equal(lamp.last().topic, "a/get");
    lamp.accept(`"execution":${execution("a", "null")}`);
    equal(lamp.reports(), ["a/update REJECTED DOCUMENT_INVALID"]);
  },
  "runs a job whose notification was lost on the way in": () => {
    const lamp = virtualAgent();
    lamp.connect();
    lamp.accept();
    lamp.say("notify-next", undefined);
    lamp.accept(`"execution":${execution("a", '"-"').replace(',"jobDocument":"-"', "")}`);
    lamp.accept(`"execution":${execution("a", blinkOnce)}`);
    lamp.device.advance(150);
    equal(lamp.reports(), ["a/update SUCCEEDED"]);
  },
  "stops an action that takes longer than its budget": () => {
    const idle = defineAction({
      name: "idle",
      summary: "Wait for what never comes.",
      input: {},
      budgetSeconds: 7,
      *run() {
        yield () => () => undefined;
        return succeeded();
      },
    });
    const lamp = virtualAgent({}, {}, [idle]);
    lamp.connect();
    lamp.accept(`"execution":${execution("a", '{"action":"idle"}')}`);
    lamp.device.advance(5000);
    lamp.accept();
    lamp.device.advance(2000);
    equal(lamp.reports(), ["a/update IN_PROGRESS", "a/update FAILED TIMED_OUT"]);
  },
  "survives an action that throws, at once or later": () => {
    for (const delayMs of [0, 100]) {
      const broken = defineAction({
        name: "broken",
        summary: "Throw.",
        input: {},
        budgetSeconds: 7,
        *run({ clock }) {
          if (delayMs > 0) yield* sleep(clock, delayMs);
          const nothing = undefined as unknown as { field: { deeper: string } };
          return succeeded({ never: nothing.field.deeper });
        },
      });
      const lamp = virtualAgent({}, {}, [broken]);
      lamp.connect();
      lamp.accept(`"execution":${execution("a", '{"action":"broken"}')}`);
      lamp.device.advance(1000);
      equal(lamp.reports(), ["a/update FAILED ACTION_CRASHED"]);
    }
  },
  "cleans the text of progress too, so that the service takes the claim": () => {
    const talker = defineAction({
      name: "talker",
      summary: "Tell what AWS does not take.",
      input: {},
      budgetSeconds: 7,
      *run({ clock, progress }) {
        progress({ line: "a\nb", nothing: "" });
        yield* sleep(clock, 6000);
        return succeeded();
      },
    });
    const lamp = virtualAgent({}, {}, [talker]);
    lamp.connect();
    lamp.accept(`"execution":${execution("a", '{"action":"talker"}')}`);
    lamp.device.advance(5000);
    equal(lamp.last().body["statusDetails"], { line: "a?b", nothing: "-" });
  },
  "cleans the text of a report, so that the service takes it": () => {
    const lamp = busy('{"action":"bl\\u0001i\\nnk"}');
    equal(lamp.last().body["statusDetails"], {
      code: "ACTION_UNKNOWN",
      reason: 'unknown action "bl?i?nk"; this device knows blink, describe, ota, reboot',
    });
  },
};

/** A job that is over, its report sent and not answered. */
function busyUntilReport(): VirtualAgent {
  const lamp = busy(blinkOnce);
  lamp.device.advance(150);
  return lamp;
}
