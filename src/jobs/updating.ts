/** Telling the service about the job: UpdateJobExecution, one at a time, the terminal one until it is answered. */
import { failed, type Details } from "../failure";
import { encodeObject } from "../portable/json";
import { newToken, rest } from "./asking";
import { awaitAnswer, setTimer, tell } from "./effects";
import { rejectedState, textMember, type Body, type Execution } from "./messages";
import type { Effect, Job, Session, Update } from "./state";
import { updateTopic } from "./topics";
import { abandon, finish, goRestart, over, reportAs, start } from "./working";

/** A claim that wants to restart the board gets this long to get through. */
const claimWithinMs = 10000;
/** Progress is billed: at most one update in this time. */
const progressEveryMs = 5000;

/** Codes that say: for the service this execution is over, or is not there any more. */
export function isOver(code: string | undefined): boolean {
  return code === "InvalidStateTransition" || code === "TerminalStateReached" || code === "ResourceNotFound";
}

function isInvalid(code: string | undefined): boolean {
  return code === "InvalidRequest" || code === "InvalidJson" || code === "InvalidTopic";
}

/** Sends what is due, if anything is and nothing more important is under way. */
export function pump(session: Session, out: Effect[]): void {
  const job = session.job;
  if (job === undefined) return;
  if (job.phase === "restarting" && job.claimed) return goRestart(session, out, job);
  if (!session.online) return;
  if (job.phase === "reporting" && job.report !== undefined) {
    if (session.update?.kind !== "report") send(session, out, job, "report", job.report.status, job.report.details);
  } else if (session.update !== undefined) return;
  else if (isClaimDue(job)) sendProgress(session, out, job, "claim");
  else if (job.phase === "running" && job.claimed && job.progress !== undefined && !session.progressPaused)
    sendProgress(session, out, job, "progress");
}

function isClaimDue(job: Job): boolean {
  if (job.claimed) return false;
  return job.phase === "claiming" || job.phase === "restarting" || (job.phase === "running" && job.claimDue);
}

function sendProgress(session: Session, out: Effect[], job: Job, kind: "claim" | "progress"): void {
  const details = job.progress;
  job.progress = undefined;
  session.progressPaused = true;
  setTimer(out, "progress", progressEveryMs);
  send(session, out, job, kind, "IN_PROGRESS", details);
}

function send(session: Session, out: Effect[], job: Job, kind: Update["kind"], status: string, details: Details | undefined): void {
  const token = newToken(session);
  const payload = encodeObject({
    clientToken: token,
    // Names the attempt: without it a late report would hit a newer one. No expectedVersion: it would fail after a lost reply.
    executionNumber: job.executionNumber,
    status,
    statusDetails: details,
  });
  const topic = updateTopic(session.thingName, job.jobId);
  session.update = { token, kind, tries: 0, topic, payload };
  transmit(out, session.update);
}

function transmit(out: Effect[], update: Update): void {
  out.push({ do: "publish", topic: update.topic, payload: update.payload });
  awaitAnswer(out, "reply", update.tries);
}

/** Gives the claim of a job that wants to restart the board a little time to get through, offline too; then the restart goes first. */
export function limitClaim(session: Session, out: Effect[]): void {
  if (session.job?.phase === "restarting") setTimer(out, "reply", claimWithinMs);
}

/** An answer is overdue. */
export function replyTimer(session: Session, out: Effect[]): void {
  const job = session.job;
  if (job === undefined) return;
  if (job.phase === "restarting") return goRestart(session, out, job);
  const update = session.update;
  if (update === undefined || !session.online) return;
  if (update.kind === "progress") {
    session.update = undefined;
    return;
  }
  if (session.next !== undefined) {
    // It grows old: it may have been cancelled, and its signed URLs expire. So it is asked for when this report is through.
    session.next = undefined;
    session.askNext = true;
  }
  update.tries++;
  transmit(out, update);
}

/** An answer to an update of this job. Gives the execution to look at next, if the job is over and one is known. */
export function updateAnswered(session: Session, out: Effect[], job: Job, accepted: boolean, body: Body): Execution | undefined {
  const update = session.update;
  const token = textMember(body, "clientToken");
  // A rejection of what could not be parsed cannot echo the token.
  if (update === undefined || (token !== update.token && (accepted || token !== undefined))) return undefined;
  if (accepted) return updateAccepted(session, out, job, update);
  const code = textMember(body, "code");
  tell(out, `${update.kind} of job ${job.jobId} refused: ${code ?? "no code"}`);
  if (update.kind === "report") return reportRefused(session, out, job, code, rejectedState(body));
  if (isOver(code)) return abandon(session, out, job);
  if (isInvalid(code) || update.kind === "progress") return proceed(session, out, job);
  return undefined; // Busy or unknown: the timer sends it again.
}

function updateAccepted(session: Session, out: Effect[], job: Job, update: Update): Execution | undefined {
  if (update.kind === "report") return over(session, out, job);
  job.claimed = true;
  return proceed(session, out, job);
}

// Goes on after a claim or a progress report, whether it was taken or cannot be.
function proceed(session: Session, out: Effect[], job: Job): undefined {
  session.update = undefined;
  setTimer(out, "reply", undefined);
  job.claimDue = false;
  if (job.phase === "claiming") start(session, out, job);
  if (job.phase === "restarting") goRestart(session, out, job);
  return undefined;
}

function reportRefused(
  session: Session,
  out: Effect[],
  job: Job,
  code: string | undefined,
  state: string | undefined,
): Execution | undefined {
  const report = job.report;
  if (report !== undefined && report.status === "REJECTED" && state === "IN_PROGRESS") {
    job.claimed = true;
    reportAs(session, out, job, { status: "FAILED", details: report.details });
    return undefined;
  }
  if (isOver(code)) return settled(session, out, job);
  if (!isInvalid(code)) return undefined; // Busy or unknown: the timer sends it again.
  if (job.bare || report === undefined) return settled(session, out, job);
  job.bare = true;
  const failureCode = report.details["code"];
  reportAs(session, out, job, { status: report.status, details: failureCode === undefined ? {} : { code: failureCode } });
  return undefined;
}

// The service takes no report of this job. Does it still list it? That is asked at once the first time; a service that goes on listing
// what it takes no report of is asked at the usual rate.
function settled(session: Session, out: Effect[], job: Job): Execution | undefined {
  const isFirst = session.last?.subject.identity !== job.identity;
  const next = over(session, out, job);
  if (isFirst) session.askNext = true;
  else if (session.ask === undefined) rest(session, out);
  return next;
}

/** The journal could not be written before a run or a restart: neither happens. */
export function unwritten(session: Session, out: Effect[]): void {
  setTimer(out, "claim", undefined);
  finish(session, out, failed("JOURNAL_UNWRITABLE", "the journal could not be written"));
}
