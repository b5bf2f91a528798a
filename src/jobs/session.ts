/**
 * The AWS IoT Jobs protocol of one device as a state machine without I/O. `step` takes an event, changes the session it is given
 * (plain data: copy it to keep an old state) and returns what must now be done, in order.
 */
import { failed } from "../failure";
import { ask, askLater, askTimer, rest } from "./asking";
import { setTimer, tell } from "./effects";
import { readJournal } from "./journal";
import { legalDetails, readExecution, textMember, type Body, type Execution } from "./messages";
import type { Ask, Effect, Event, Session, Timer } from "./state";
import { readTopic } from "./topics";
import { isOver, limitClaim, pump, replyTimer, unwritten, updateAnswered } from "./updating";
import { abandon, accept, adopt, finish, goOn, reportAs, take } from "./working";

/** A session that has heard nothing yet. `claimAfterMs` 0 claims every job before it starts. */
export function newSession(thingName: string, claimAfterMs: number, askEveryMs: number): Session {
  return {
    thingName,
    claimAfterMs,
    askEveryMs,
    online: false,
    reached: false,
    tokens: 0,
    job: undefined,
    update: undefined,
    ask: undefined,
    next: undefined,
    announced: false,
    suspect: undefined,
    askNext: false,
    progressPaused: false,
    last: undefined,
    finished: [],
  };
}

/** Takes an event and tells what to do about it. */
export function step(session: Session, event: Event): Effect[] {
  const out: Effect[] = [];
  handle(session, out, event);
  if (session.askNext && session.job === undefined && session.ask === undefined) ask(session, out, undefined, false);
  pump(session, out);
  return out;
}

function handle(session: Session, out: Effect[], event: Event): void {
  const job = session.job;
  switch (event.on) {
    case "boot":
      return boot(session, out, event.journal, event.reason);
    case "online":
      session.online = true;
      return ask(session, out, undefined, false);
    case "offline":
      return offline(session, out);
    case "message":
      return message(session, out, event.topic, event.body);
    case "judged":
      if (job === undefined) return;
      if (event.refusal !== undefined) return finish(session, out, event.refusal);
      return accept(session, out, job, event.action);
    case "unwritten":
      return unwritten(session, out);
    case "progress":
      if (job !== undefined && job.phase === "running") job.progress = legalDetails(event.details);
      return;
    case "finished":
      return finish(session, out, event.outcome);
    case "restart":
      if (job === undefined) return;
      job.phase = "restarting";
      job.note = event.note;
      session.update = undefined;
      setTimer(out, "claim", undefined);
      return limitClaim(session, out);
    case "timer":
      return timer(session, out, event.timer);
  }
}

function timer(session: Session, out: Effect[], which: Timer): void {
  if (which === "ask") askTimer(session, out);
  else if (which === "reply") replyTimer(session, out);
  else if (which === "progress") session.progressPaused = false;
  else if (session.job !== undefined) session.job.claimDue = true;
}

function boot(session: Session, out: Effect[], body: Body | undefined, reason: string): void {
  const journal = readJournal(body);
  if (journal === undefined) return;
  const entry = journal.entry;
  session.finished = journal.finished;
  if (entry.step === "done") {
    session.last = journal;
    return;
  }
  const job = adopt(session, journal.subject, "running", false);
  if (entry.step === "running") {
    finish(session, out, failed("INTERRUPTED", `the device restarted (${reason}) while ${entry.action} ran`));
  } else if (entry.step === "restarting") {
    job.phase = "resuming";
    job.claimed = true;
    job.action = entry.action;
    job.note = entry.note;
    job.resumed = entry.resumed;
  } else {
    job.phase = "reporting";
    job.report = entry.report;
  }
}

function offline(session: Session, out: Effect[]): void {
  session.online = false;
  // Answers go to the connection that asked: none will come any more.
  session.update = undefined;
  session.ask = undefined;
  session.suspect = undefined;
  // Nor can the head of the list be trusted that was announced before: it may have been cancelled, and its signed URLs grow old.
  session.next = undefined;
  session.announced = false;
  setTimer(out, "ask", undefined);
  setTimer(out, "reply", undefined);
  limitClaim(session, out);
}

function reached(session: Session, out: Effect[]): void {
  if (session.reached) return;
  session.reached = true;
  out.push({ do: "reached" });
  const job = session.job;
  if (job?.phase === "resuming") goOn(session, out, job);
}

function message(session: Session, out: Effect[], topicText: string, body: Body | undefined): void {
  const topic = readTopic(session.thingName, topicText);
  if (topic === undefined) {
    tell(out, `ignored a message that is not for this thing's jobs: ${topicText}`);
    return;
  }
  reached(session, out);
  const job = session.job;
  if (topic.kind === "notify-next") {
    if (body === undefined) return undecodable(session, out, undefined);
    return consider(session, out, readExecution(body), false);
  }
  if (topic.kind === "get") return asked(session, out, topic.jobId, topic.accepted, body);
  if (body === undefined || job === undefined || topic.jobId !== job.jobId) return;
  const next = updateAnswered(session, out, job, topic.accepted, body);
  if (next !== undefined) consider(session, out, next, false);
}

// A message that was too large to hold or to decode: asks without the document which execution it is, then once more for just that one.
function undecodable(session: Session, out: Effect[], jobId: string | undefined): void {
  const suspect = session.suspect;
  if (suspect !== undefined && suspect.jobId === jobId && session.job === undefined) {
    adopt(session, suspect, "judging", false);
    finish(session, out, failed("DOCUMENT_UNREADABLE", "the job document is too large or nested too deeply for this device"));
    rest(session, out);
  } else if (session.job !== undefined) {
    session.next = undefined;
    session.askNext = true;
  } else {
    session.suspect = undefined;
    ask(session, out, undefined, true);
  }
}

function asked(session: Session, out: Effect[], jobId: string | undefined, accepted: boolean, body: Body | undefined): void {
  const request = session.ask;
  if (request === undefined || request.jobId !== jobId) return;
  if (body === undefined) return accepted ? undecodable(session, out, jobId) : undefined;
  if (textMember(body, "clientToken") !== request.token) return;
  if (accepted) return answered(session, out, request, readExecution(body));
  const code = textMember(body, "code");
  tell(out, `question about jobs refused: ${code ?? "no code"}`);
  if (jobId === undefined || code === "InternalError" || code === "RequestThrottled") return askLater(session, out);
  rest(session, out);
  if (isOver(code)) gone(session, out, jobId);
}

// The service has ended the job of this device, or has another attempt of it. Its report, where there is one, will tell by itself.
function gone(session: Session, out: Effect[], jobId: string): void {
  const job = session.job;
  if (job !== undefined && job.jobId === jobId && job.phase !== "reporting") abandon(session, out, job);
}

function answered(session: Session, out: Effect[], request: Ask, execution: Execution | undefined): void {
  rest(session, out);
  const job = session.job;
  if (request.jobId === undefined || job === undefined) return consider(session, out, execution, !request.stale);
  if (execution !== undefined && execution.identity !== job.identity) gone(session, out, request.jobId);
}

function isFinished(session: Session, execution: Execution): boolean {
  for (const identity of session.finished) {
    if (identity === execution.identity) return true;
  }
  return false;
}

// The head of the pending list is now `execution`, or the list is empty. `fresh`: the service said so after it knew all that we know.
function consider(session: Session, out: Effect[], execution: Execution | undefined, fresh: boolean): void {
  const job = session.job;
  if (job !== undefined) {
    if (execution?.identity === job.identity) return; // The same news twice is normal: QoS 1, reconnects.
    if (job.phase === "reporting") {
      session.next = execution;
      session.announced = true;
    } else if (job.phase === "running" || job.phase === "claiming")
      ask(session, out, job.jobId, true); // Cancelled, perhaps.
    else session.askNext = true;
    return;
  }
  if (session.ask === undefined) rest(session, out);
  if (execution === undefined) return;
  if (execution.status !== "QUEUED" && execution.status !== "IN_PROGRESS") return;
  if (!isFinished(session, execution)) {
    // A document that is still not there when it was asked for is null, and judged as such.
    if (execution.status !== "QUEUED" || execution.document !== undefined || execution.identity === session.suspect?.identity)
      return take(session, out, execution);
    session.suspect = execution;
    return ask(session, out, execution.jobId, false);
  }
  if (fresh) reportAgain(session, out, execution);
  else tell(out, `ignored job ${execution.jobId}: it is over already`);
}

// The service has lost a report that it had answered (or a restored backup has): gives it again.
function reportAgain(session: Session, out: Effect[], execution: Execution): void {
  const last = session.last;
  const job = adopt(session, execution, "running", execution.status === "IN_PROGRESS");
  if (last !== undefined && last.entry.step === "done" && last.subject.identity === execution.identity) {
    const { status, details } = last.entry.report;
    reportAs(session, out, job, { status: job.claimed && status === "REJECTED" ? "FAILED" : status, details });
  } else finish(session, out, failed("INTERRUPTED", "it was over already, and its report is lost"));
}
