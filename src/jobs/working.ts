/** The life of one execution on this device, from the judgement of its document to the terminal report. */
import { endings, failed, type Outcome } from "../failure";
import { rest } from "./asking";
import { setTimer, tell } from "./effects";
import { journalText, type Entry, type Report, type Subject } from "./journal";
import { legalDetails, type Execution } from "./messages";
import type { Effect, Job, Session } from "./state";

/** Ended executions are remembered, so that a late duplicate of a notification does not run one again: as many as this holds, six at least. */
const rememberedBytes = 530;
/** How often an action is gone on with after its restart. */
const mostResumed = 3;
/** The next head of the list is announced right after a report is accepted; when it is not, ask. */
const announcementMs = 30000;

function journal(session: Session, out: Effect[], subject: Subject, entry: Entry, needed: boolean): void {
  const text = journalText({ subject, entry, finished: session.finished });
  out.push({ do: "journal", text, needed });
}

/** Makes an execution the job of this device. */
export function adopt(session: Session, subject: Subject, phase: Job["phase"], claimed: boolean): Job {
  const job: Job = {
    jobId: subject.jobId,
    executionNumber: subject.executionNumber,
    identity: subject.identity,
    phase,
    action: "",
    claimed,
    claimDue: false,
    progress: undefined,
    note: undefined,
    resumed: 0,
    report: undefined,
    bare: false,
  };
  session.job = job;
  session.update = undefined;
  session.suspect = undefined;
  return job;
}

/** A new execution is at the head of the list: judges it, or ends it where it is too late for that. */
export function take(session: Session, out: Effect[], execution: Execution): void {
  if (execution.status === "QUEUED") {
    adopt(session, execution, "judging", false);
    out.push({ do: "judge", document: execution.document });
  } else {
    // Ours once, since only this device starts its executions, but there is no record of it. To run it could be to run it twice.
    adopt(session, execution, "running", true);
    finish(session, out, failed("INTERRUPTED", "it was in progress already, and this device has no record of it"));
  }
}

/** The document was judged good: claims the job first where that is wanted, else runs it at once. */
export function accept(session: Session, out: Effect[], job: Job, action: string): void {
  job.action = action;
  if (session.claimAfterMs === 0) job.phase = "claiming";
  else start(session, out, job);
}

/** Runs the action. The journal says so first: after a power cut nobody else could. */
export function start(session: Session, out: Effect[], job: Job): void {
  job.phase = "running";
  journal(session, out, job, { step: "running", action: job.action }, true);
  if (!job.claimed && session.claimAfterMs > 0) setTimer(out, "claim", session.claimAfterMs);
  out.push({ do: "run" });
}

/** Restarts the board; the journal says what to go on with. */
export function goRestart(session: Session, out: Effect[], job: Job): void {
  job.phase = "leaving";
  journal(session, out, job, { step: "restarting", action: job.action, note: job.note ?? {}, resumed: 0 }, true);
  out.push({ do: "restart" });
}

/** Goes on after the restart. A power cut meanwhile is no reason to give up, but what restarts the board each time is not gone on with for ever. */
export function goOn(session: Session, out: Effect[], job: Job): void {
  const note = job.note ?? {};
  if (job.resumed === mostResumed) {
    finish(session, out, failed("INTERRUPTED", `the device restarted each time that ${job.action} was to go on`));
    return;
  }
  journal(session, out, job, { step: "restarting", action: job.action, note, resumed: job.resumed + 1 }, false);
  out.push({ do: "resume", action: job.action, note });
}

/** The job has ended, well or badly: writes the report down. It is sent as soon as the device is online. */
export function finish(session: Session, out: Effect[], outcome: Outcome): void {
  const job = session.job;
  if (job === undefined) return;
  const details = legalDetails(outcome.ok ? outcome.details : { code: outcome.code, reason: outcome.reason });
  // The service refuses REJECTED once an execution is IN_PROGRESS.
  const status = outcome.ok ? "SUCCEEDED" : job.claimed ? "FAILED" : endings[outcome.code];
  reportAs(session, out, job, { status, details });
}

/** Has the job end with this report. */
export function reportAs(session: Session, out: Effect[], job: Job, report: Report): void {
  job.phase = "reporting";
  job.report = report;
  session.update = undefined;
  setTimer(out, "claim", undefined);
  journal(session, out, job, { step: "reporting", report }, false);
}

/** The service knows that the job is over, by our report or by its own doing. Gives the execution to look at next, if one is known. */
export function over(session: Session, out: Effect[], job: Job): Execution | undefined {
  const finished: string[] = [];
  for (const identity of session.finished) {
    if (identity !== job.identity) finished.push(identity);
  }
  finished.push(job.identity);
  while (finished.join(" ").length > rememberedBytes) finished.shift();
  session.finished = finished;
  const details = { code: "INTERRUPTED", reason: "it was stopped because the service had ended it" };
  const report: Report = job.report ?? { status: "FAILED", details };
  const entry: Entry = { step: "done", report };
  session.last = { subject: job, entry, finished: [] };
  journal(session, out, job, entry, false);
  session.job = undefined;
  session.update = undefined;
  setTimer(out, "reply", undefined);
  const next = session.next;
  if (session.ask !== undefined && session.ask.jobId === undefined) session.ask.stale = true;
  else rest(session, out, session.announced ? session.askEveryMs : announcementMs);
  session.next = undefined;
  session.announced = false;
  return next;
}

/** The service has ended the job (cancelled, timed out, deleted): stops it without a report, which nobody would take. */
export function abandon(session: Session, out: Effect[], job: Job): Execution | undefined {
  out.push({ do: "stop" });
  setTimer(out, "claim", undefined);
  tell(out, `job ${job.jobId} is over for the service: stopped`);
  session.askNext = true;
  return over(session, out, job);
}
