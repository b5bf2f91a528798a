/** Topics and bodies of AWS IoT Jobs. */
import { journalText, readJournal, type Journal } from "../../src/jobs/journal";
import { legalDetails, readExecution, rejectedState, type Body } from "../../src/jobs/messages";
import { getTopic, notifyNextTopic, readTopic, updateTopic } from "../../src/jobs/topics";
import { jsonReader } from "./json-reader";
import { equal, ok, type Spec } from "./spec";

const start = "$aws/things/lamp:1/jobs/";

export const spec: Spec = {
  "names the topics as AWS does": () => {
    equal(getTopic("lamp:1", undefined), `${start}$next/get`);
    equal(getTopic("lamp:1", "a-1"), `${start}a-1/get`);
    equal(updateTopic("lamp:1", "a-1"), `${start}a-1/update`);
    equal(notifyNextTopic("lamp:1"), `${start}notify-next`);
  },
  "reads the topics it uses, whatever a job is called": () => {
    equal(readTopic("lamp:1", `${start}notify-next`), { kind: "notify-next" });
    equal(readTopic("lamp:1", `${start}$next/get/accepted`), { kind: "get", accepted: true });
    equal(readTopic("lamp:1", `${start}a/update/rejected`), { kind: "update", jobId: "a", accepted: false });
    for (const jobId of ["get", "update", "accepted", "notify-next", "start-next", "-"]) {
      equal(readTopic("lamp:1", `${start}${jobId}/update/accepted`), { kind: "update", jobId, accepted: true });
    }
  },
  "reads no topic of another thing, and none that it does not use": () => {
    for (const topic of [
      "get/accepted",
      "notify",
      "start-next/accepted",
      "a/get",
      "a/update",
      "a/b/update/accepted",
      "/get/accepted",
      "a/namespace-x/get/accepted",
      "",
    ]) {
      equal(readTopic("lamp:1", start + topic), undefined);
    }
    equal(readTopic("lamp:1", "$aws/things/lamp:12/jobs/notify-next"), undefined);
    equal(readTopic("lamp:1", "$aws/things/lamp/jobs/notify-next"), undefined);
  },
  "tells executions apart by job, attempt and time, and never by the document": () => {
    const base = { jobId: "a", status: "QUEUED", executionNumber: 1, queuedAt: 1700000000, jobDocument: { url: "x?sig=1" } };
    const identity = readExecution({ execution: base })?.identity;
    equal(
      readExecution({ execution: { ...base, jobDocument: { url: "x?sig=2" }, status: "IN_PROGRESS", versionNumber: 9 } })?.identity,
      identity,
    );
    for (const other of [{ jobId: "b" }, { executionNumber: 2 }, { queuedAt: 1700000001 }]) {
      ok(readExecution({ execution: { ...base, ...other } })?.identity !== identity, "it is another execution");
    }
  },
  "reads no execution where there is none, or where it is not one": () => {
    for (const body of [
      {},
      { execution: {} },
      { execution: "x" },
      { execution: { jobId: 7, status: "QUEUED" } },
      { execution: { jobId: "a" } },
    ] as Body[]) {
      equal(readExecution(body), undefined);
    }
    equal(rejectedState({ executionState: { status: "FAILED" } }), "FAILED");
    equal(rejectedState({ executionState: "FAILED" }), undefined);
    equal(rejectedState(undefined), undefined);
  },
  "sends only details that AWS takes": () => {
    equal(legalDetails({ a: "", b: "x\ny\tz", c: "caf\u00e9s", d: "\u00fc" }), { a: "-", b: "x?y?z", c: "caf?s", d: "?" });
    const many: Record<string, string> = {};
    for (const key of "abcdefghijklmno".split("")) many[key] = key;
    equal(legalDetails(many)["j"], "j");
    equal(legalDetails(many)["k"], undefined);
    equal((legalDetails({ a: "x".repeat(5000) })["a"] ?? "").length, 1024);
  },
  "writes a journal that it reads back, and that fits a record": () => {
    const subject = { jobId: "a".repeat(64), executionNumber: 3, identity: `${"a".repeat(64)}/3/1700000000` };
    const finished: string[] = [];
    for (let n = 0; n < 6; n++) finished.push(subject.identity);
    const details = legalDetails({ code: "X", reason: '"\\'.repeat(2000), third: '"'.repeat(2000) });
    for (const entry of [
      { step: "running", action: "blink" },
      { step: "restarting", action: "ota", note: { slot: "ota_1" }, resumed: 2 },
      { step: "reporting", report: { status: "FAILED", details } },
      { step: "done", report: { status: "SUCCEEDED", details: {} } },
    ] as Journal["entry"][]) {
      const text = journalText({ subject, entry, finished });
      ok(text.length <= 4000, "the record is small enough");
      equal(readJournal(jsonReader.decode(text)), { subject, entry, finished });
    }
  },
  "reads no journal from what is not one": () => {
    for (const text of [
      "{}",
      '{"jobId":"a"}',
      '{"jobId":"a","identity":"a/1/2","step":"dancing"}',
      '{"jobId":"a","identity":"a/1/2","step":"done","status":"QUEUED"}',
    ]) {
      equal(readJournal(jsonReader.decode(text)), undefined);
    }
    equal(readJournal(undefined), undefined);
  },
};
