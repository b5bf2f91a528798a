/**
 * The one record that outlives a restart: which execution this device is busy with, and how far it got. Written before the effect
 * it announces, so that after a power cut at any point the story can be told on.
 */
import type { Details } from "../failure";
import { encodeObject, type Writable } from "../portable/json";
import { smallInteger, textMember, type Body } from "./messages";

/** The statuses a device may end an execution with. */
export type EndStatus = "SUCCEEDED" | "FAILED" | "REJECTED";

/** The terminal report of one execution. */
export interface Report {
  readonly status: EndStatus;
  readonly details: Details;
}

/** The execution that a journal entry is about. */
export interface Subject {
  readonly jobId: string;
  readonly executionNumber: number | undefined;
  readonly identity: string;
}

/**
 * How far the device got with its last execution:
 * `running` its action has been started; `restarting` the action asked for a restart and goes on with `note` afterwards, as it did
 * `resumed` times before;
 * `reporting` it is over, and the service may not know yet; `done` the service has answered the report.
 */
export type Entry =
  | { readonly step: "running"; readonly action: string }
  | { readonly step: "restarting"; readonly action: string; readonly note: Details; readonly resumed: number }
  | { readonly step: "reporting" | "done"; readonly report: Report };

/** What the journal says at boot. `finished` lists the identities of the last executions that are over, oldest first. */
export interface Journal {
  readonly subject: Subject;
  readonly entry: Entry;
  readonly finished: readonly string[];
}

/** The text of the record. Identities hold no space, so a space parts them. */
export function journalText(journal: Journal): string {
  const { subject, entry } = journal;
  const record: Record<string, Writable[string]> = {
    jobId: subject.jobId,
    executionNumber: subject.executionNumber,
    identity: subject.identity,
    step: entry.step,
    finished: journal.finished.join(" "),
  };
  if (entry.step === "running" || entry.step === "restarting") record["action"] = entry.action;
  if (entry.step === "restarting") {
    record["note"] = entry.note;
    record["resumed"] = entry.resumed;
  }
  if (entry.step === "reporting" || entry.step === "done") {
    record["status"] = entry.report.status;
    record["details"] = entry.report.details;
  }
  return encodeObject(record);
}

function entryOf(body: Body): Entry | undefined {
  const step = body["step"];
  if (step === "running" || step === "restarting") {
    const action = textMember(body, "action") ?? "";
    return step === "running"
      ? { step, action }
      : { step, action, note: (body["note"] ?? {}) as Details, resumed: smallInteger(body["resumed"]) ?? 0 };
  }
  const status = body["status"];
  if ((step === "reporting" || step === "done") && (status === "SUCCEEDED" || status === "FAILED" || status === "REJECTED")) {
    return { step, report: { status, details: (body["details"] ?? {}) as Details } };
  }
  return undefined;
}

/** Reads a decoded record; undefined when there is none or it is not one of ours. */
export function readJournal(body: Body | undefined): Journal | undefined {
  const jobId = textMember(body, "jobId");
  const identity = textMember(body, "identity");
  const entry = body === undefined ? undefined : entryOf(body);
  if (jobId === undefined || identity === undefined || entry === undefined) return undefined;
  const finished = textMember(body, "finished") ?? "";
  const subject: Subject = { jobId, identity, executionNumber: smallInteger(body?.["executionNumber"]) };
  return { subject, entry, finished: finished === "" ? [] : finished.split(" ") };
}
