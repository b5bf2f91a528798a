/** A device and its jobs in the ordinary course of things. */
import { text } from "../../src/portable/integers";
import { equal, ok, type Spec } from "./spec";
import { execution, virtualAgent } from "./virtual-agent";

/** The first byte of an ESP32 image. A literal would become two bytes of UTF-8 in Lua. */
const magic = String.fromCharCode(233);
const blinkOnce = '{"action":"blink","count":1,"onTime":100,"offTime":50}';
const blinkLong = '{"action":"blink","count":10,"onTime":1000,"offTime":1000}';

export const spec: Spec = {
  "asks for a job at every connect": () => {
    const lamp = virtualAgent();
    lamp.connect();
    equal(lamp.last().topic, "$next/get");
    lamp.accept();
    lamp.drop();
    lamp.connect();
    equal(lamp.published.length, 2);
    equal(lamp.last().topic, "$next/get");
  },
  "reports a short job in one update": () => {
    const lamp = virtualAgent();
    lamp.connect();
    lamp.accept();
    lamp.notify(execution("a", blinkOnce));
    lamp.device.advance(1000);
    equal(lamp.reports(), ["a/update SUCCEEDED"]);
    equal(lamp.last().body["statusDetails"], { blinks: "1" });
    lamp.accept();
    lamp.notify();
    lamp.device.advance(60000);
    equal(lamp.published.length, 2);
  },
  "claims a job that runs longer than five seconds, at that moment": () => {
    const lamp = virtualAgent();
    lamp.connect();
    lamp.accept();
    lamp.notify(execution("a", blinkLong));
    lamp.device.advance(4999);
    equal(lamp.reports(), []);
    lamp.device.advance(1);
    equal(lamp.reports(), ["a/update IN_PROGRESS"]);
    lamp.accept();
    lamp.device.advance(15000);
    equal(lamp.reports(), ["a/update IN_PROGRESS", "a/update SUCCEEDED"]);
  },
  "claims every job before it starts when the setting says so": () => {
    const lamp = virtualAgent({}, { claimAfterSeconds: 0 });
    lamp.connect();
    lamp.accept(`"execution":${execution("a", blinkOnce)}`);
    lamp.device.advance(1000);
    equal(lamp.reports(), ["a/update IN_PROGRESS"]);
    equal(lamp.device.trace.length, 0);
    lamp.accept();
    lamp.device.advance(1000);
    equal(lamp.reports(), ["a/update IN_PROGRESS", "a/update SUCCEEDED"]);
  },
  "writes down that it runs before it touches the hardware": () => {
    const lamp = virtualAgent();
    lamp.connect();
    lamp.accept(`"execution":${execution("a", blinkOnce)}`);
    equal(lamp.device.trace, ["0 record journal", "0 pin 2 on"]);
  },
  "runs queued jobs one after the other, in order": () => {
    const lamp = virtualAgent();
    lamp.connect();
    lamp.accept(`"execution":${execution("a", blinkOnce)}`);
    lamp.device.advance(150);
    lamp.accept();
    lamp.notify(execution("b", blinkOnce, "QUEUED", "1700000001"));
    lamp.device.advance(150);
    // The order of answer and notification is not fixed.
    const report = lamp.last();
    lamp.notify(execution("c", blinkOnce, "QUEUED", "1700000002"));
    equal(lamp.last().topic, report.topic);
    lamp.accept();
    lamp.device.advance(150);
    equal(lamp.reports(), ["a/update SUCCEEDED", "b/update SUCCEEDED", "c/update SUCCEEDED"]);
  },
  "rejects a document while the job is still queued, and says why": () => {
    const cases: [string, string, string][] = [
      ['{"action":"fly"}', "ACTION_UNKNOWN", 'unknown action "fly"; this device knows blink, describe, ota, reboot'],
      ["{}", "DOCUMENT_INVALID", 'the job document has no "action"'],
      ["[]", "DOCUMENT_INVALID", 'the job document has no "action"'],
      ["[1,2]", "DOCUMENT_INVALID", 'the job document has no "action"'],
      ['"blink"', "DOCUMENT_INVALID", "the job document is not an object"],
      ['{"action":7}', "DOCUMENT_INVALID", '"action" must be text'],
      ['{"action":"blink","count":"many"}', "INPUT_INVALID", '"count" must be a whole number from 1 to 100'],
      ['{"action":"blink","count":101}', "INPUT_INVALID", '"count" must be a whole number from 1 to 100'],
      ['{"action":"blink","count":2.5}', "INPUT_INVALID", '"count" must be a whole number from 1 to 100'],
      ['{"action":"blink","pin":34}', "INPUT_INVALID", '"pin" 34 cannot be an output on this chip'],
    ];
    for (const [document, code, reason] of cases) {
      const lamp = virtualAgent();
      lamp.connect();
      lamp.accept(`"execution":${execution("a", document)}`);
      equal(lamp.reports(), [`a/update REJECTED ${code}`]);
      equal(lamp.last().body["statusDetails"], { code, reason });
      equal(lamp.device.trace, ["0 record journal"]);
    }
  },
  "takes the same notification twice as normal": () => {
    const lamp = virtualAgent();
    lamp.connect();
    lamp.accept(`"execution":${execution("a", blinkOnce)}`);
    lamp.notify(execution("a", blinkOnce));
    lamp.device.advance(150);
    lamp.notify(execution("a", blinkOnce));
    lamp.accept();
    lamp.notify(execution("a", blinkOnce));
    lamp.notify(execution("a", blinkOnce));
    lamp.device.advance(1000);
    equal(lamp.reports(), ["a/update SUCCEEDED"]);
  },
  "does not run a job again whose notification comes a second time after many others": () => {
    const lamp = virtualAgent();
    lamp.connect();
    lamp.accept();
    const names = "abcdefghijklmnopqrst".split("");
    for (const name of names) {
      lamp.notify(execution(name, blinkOnce));
      lamp.device.advance(150);
      lamp.accept();
    }
    equal(lamp.reports().length, names.length);
    lamp.notify(execution("a", blinkOnce));
    lamp.device.advance(150);
    equal(lamp.reports().length, names.length);
  },
  "runs a job again that was deleted and made anew under the same name": () => {
    const lamp = virtualAgent();
    lamp.connect();
    lamp.accept(`"execution":${execution("a", blinkOnce)}`);
    lamp.device.advance(150);
    lamp.accept();
    lamp.notify(execution("a", blinkOnce, "QUEUED", "1700000099"));
    lamp.device.advance(150);
    equal(lamp.reports(), ["a/update SUCCEEDED", "a/update SUCCEEDED"]);
  },
  "ignores messages for another thing, and messages that are none of its business": () => {
    const lamp = virtualAgent();
    lamp.connect();
    lamp.accept();
    lamp.say("a/update/accepted/more", "{}");
    lamp.say("get/accepted", "{}");
    lamp.say("../../lamp2/jobs/notify-next", `{"execution":${execution("a", blinkOnce)}}`);
    lamp.say("notify", '{"jobs":{}}');
    lamp.notify("{}");
    lamp.device.advance(1000);
    equal(lamp.published.length, 1);
  },
  "asks again when no answer comes, ever more slowly": () => {
    const lamp = virtualAgent();
    lamp.connect();
    lamp.device.advance(9999);
    equal(lamp.published.length, 1);
    lamp.device.advance(1);
    equal(lamp.published.length, 2);
    lamp.device.advance(20000);
    equal(lamp.published.length, 3);
    lamp.accept();
    lamp.device.advance(899999);
    equal(lamp.published.length, 3);
    lamp.device.advance(1);
    equal(lamp.published.length, 4);
  },
  "asks again after a report when the next head is not announced": () => {
    const lamp = virtualAgent();
    lamp.connect();
    lamp.accept(`"execution":${execution("a", blinkOnce)}`);
    lamp.device.advance(150);
    lamp.accept();
    lamp.device.advance(30000);
    equal(lamp.last().topic, "$next/get");
  },
  "reports progress at most every five seconds": () => {
    const image = magic + "x".repeat(99);
    const chunks: string[] = [image];
    for (let n = 1; n < 20; n++) chunks.push("y".repeat(100));
    const url = "https://images.test/fw.bin";
    const lamp = virtualAgent({ answers: { [url]: { status: 200, sizeBytes: 2000, chunks, chunkEveryMs: 1000 } } });
    lamp.connect();
    lamp.accept(`"execution":${execution("a", `{"action":"ota","url":"${url}","version":"2","md5":"00000000000000000000000000000000"}`)}`);
    const at: number[] = [];
    for (let second = 0; second < 19; second++) {
      const before = lamp.published.length;
      lamp.device.advance(1000);
      if (lamp.published.length > before) {
        at.push(lamp.device.nowMs());
        lamp.accept();
      }
    }
    equal(lamp.reports().length, at.length);
    for (let n = 1; n < at.length; n++)
      ok((at[n] ?? 0) - (at[n - 1] ?? 0) >= 5000, `updates at ${text(at[n - 1] ?? 0)} and ${text(at[n] ?? 0)} ms`);
    ok(at.length >= 3, "there was progress");
    lamp.device.advance(5000);
    equal(lamp.reports()[lamp.reports().length - 1], "a/update FAILED MD5_MISMATCH");
  },
};
