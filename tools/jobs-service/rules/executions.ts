/** The state machine of one execution: queued, started, ended, and what its end means for its job. */
import { announceExecution, announceJob } from "./events";
import { abortReason } from "./abort";
import { add, moveToRunning, pendingOf, remove } from "./pending";
import { reorder } from "./by-age";
import { forgetExecution, nextOrdinal, saveExecution, saveJob, saveThing } from "./saved";
import type { Execution, Job, TerminalStatus, Thing } from "./store";
import { isTerminal } from "./store";
import type { Turn } from "./turn";
import { touch } from "./turn";
import { retire } from "./unreached";

const msPerMinute = 60_000;

function listOf(execution: Execution) {
  return pendingOf(execution.thing, execution.job.namespaceId ?? "");
}

/** The latest attempt of a job on a thing. */
export function latest(attempts: readonly Execution[] | undefined): Execution | undefined {
  return attempts?.[attempts.length - 1];
}

/** Puts an execution on record and, unless it has ended, on its thing's pending list. */
export function admit(turn: Turn, execution: Execution): void {
  const { thing, job } = execution;
  const attempts = job.executions.get(thing.thingName) ?? [];
  count(job, attempts, -1);
  attempts.push(execution);
  count(job, attempts, 1);
  job.executions.set(thing.thingName, attempts);
  thing.executions.set(job.jobId, attempts);
  thing.lastQueuedAt = Math.max(thing.lastQueuedAt, execution.queuedAt);
  saveExecution(turn, execution);
  if (isTerminal(execution)) return;
  const list = listOf(execution);
  touch(turn, list);
  add(list, execution);
  turn.store.deadlines.update(execution);
}

/** Queues a job on a thing, as its next attempt. */
export function queue(turn: Turn, job: Job, thing: Thing, retryAttempt = 0): void {
  const previous = latest(job.executions.get(thing.thingName));
  // Agents skip a job whose queuedAt is earlier than the last they saw (Greengrass nucleus), so it never goes back.
  const queuedAt = Math.max(turn.nowSeconds, thing.lastQueuedAt);
  admit(turn, {
    thing,
    job,
    executionNumber: previous === undefined ? turn.store.choices.firstExecutionNumber : previous.executionNumber + 1,
    retryAttempt,
    queuedAt,
    sequence: nextOrdinal(turn.store),
    status: "QUEUED",
    statusDetails: {},
    startedAt: undefined,
    lastUpdatedAt: queuedAt,
    versionNumber: 1,
    forceCanceled: false,
    jobDeadlineMs: undefined,
    stepDeadlineMs: undefined,
    deadlineIndex: -1,
  });
}

/** To IN_PROGRESS, for the first time (which starts the job's timer) or again. */
export function progress(turn: Turn, execution: Execution): void {
  if (execution.status === "QUEUED") {
    const list = listOf(execution);
    touch(turn, list);
    moveToRunning(list, execution);
    setStatus(execution, "IN_PROGRESS");
    execution.startedAt = turn.nowSeconds;
    const minutes = execution.job.settings.timeoutConfig?.inProgressTimeoutInMinutes;
    if (minutes !== undefined) execution.jobDeadlineMs = turn.nowMs + minutes * msPerMinute;
    turn.store.deadlines.update(execution);
  }
  changed(turn, execution);
}

/** Starts the step timer anew; -1 ends it. The job's own timer may still be the earlier one. */
export function setStepTimer(turn: Turn, execution: Execution, minutes: number): void {
  execution.stepDeadlineMs = minutes === -1 ? undefined : turn.nowMs + minutes * msPerMinute;
  turn.store.deadlines.update(execution);
  saveExecution(turn, execution);
}

/** To a terminal status: leaves the pending list, stops the timers, may queue a retry, may complete or abort the job. */
export function end(turn: Turn, execution: Execution, status: TerminalStatus): void {
  const list = listOf(execution);
  touch(turn, list);
  remove(list, execution);
  setStatus(execution, status);
  stopTimers(turn, execution);
  changed(turn, execution);
  announceExecution(turn, execution, status.toLowerCase() as Lowercase<TerminalStatus>);
  const { job, thing } = execution;
  if (job.status !== "IN_PROGRESS") return;
  const reason = abortReason(job, turn.store.choices);
  if (reason !== undefined) {
    Object.assign(job, reason);
    cancel(turn, job, false);
    return;
  }
  if (mayRetry(execution)) queue(turn, job, thing, execution.retryAttempt + 1);
  completeIfDone(turn, job);
}

/** Takes an execution off the record, as if it had never been. */
export function erase(turn: Turn, execution: Execution): void {
  const { job, thing } = execution;
  const list = listOf(execution);
  touch(turn, list);
  remove(list, execution);
  stopTimers(turn, execution);
  announceExecution(turn, execution, "deleted");
  forgetExecution(turn, execution);
  // The thing's record is written only here, lest each job made for it wrote one more: see restore.
  if (execution.queuedAt === thing.lastQueuedAt) saveThing(turn, thing);
  const attempts = job.executions.get(thing.thingName) ?? [];
  count(job, attempts, -1);
  const wasFirst = attempts[0] === execution;
  attempts.splice(attempts.indexOf(execution), 1);
  count(job, attempts, 1);
  if (attempts.length === 0) job.executions.delete(thing.thingName);
  else if (wasFirst) {
    reorder(job.executions);
    reorder(thing.executions, (attempt) => attempt.thing === thing);
  }
  // What is left may be that of an earlier thing of this name.
  if (!attempts.some((attempt) => attempt.thing === thing)) thing.executions.delete(job.jobId);
}

/** Cancels what is queued; what runs only with force. The job itself is CANCELED at once. */
export function cancel(turn: Turn, job: Job, force: boolean): void {
  job.status = "CANCELED";
  job.forceCanceled = force;
  job.lastUpdatedAtMs = turn.nowMs;
  job.completedAtMs = turn.nowMs;
  retire(turn, job);
  saveJob(turn, job);
  announceJob(turn, job, "cancellation_in_progress");
  for (const attempts of job.executions.values()) {
    const execution = latest(attempts);
    if (execution === undefined || isTerminal(execution)) continue;
    if (execution.status === "IN_PROGRESS" && !force) continue;
    execution.forceCanceled = force;
    end(turn, execution, "CANCELED");
  }
  announceJob(turn, job, "canceled");
}

/** A job is complete once it can go to no further thing and every thing's latest attempt has ended. */
export function completeIfDone(turn: Turn, job: Job): void {
  const mayGrow = job.targetSelection === "CONTINUOUS" && !job.isRolloutStopped;
  if (job.status !== "IN_PROGRESS" || mayGrow || job.unreached.size > 0) return;
  if (job.counts.QUEUED + job.counts.IN_PROGRESS > 0) return;
  job.status = "COMPLETED";
  job.lastUpdatedAtMs = turn.nowMs;
  job.completedAtMs = turn.nowMs;
  retire(turn, job);
  saveJob(turn, job);
  announceJob(turn, job, "completed");
}

/** Counts a thing by the latest of its attempts at a job, or takes that back. */
export function count(job: Job, attempts: readonly Execution[], by: 1 | -1): void {
  const execution = latest(attempts);
  if (execution === undefined) return;
  job.counts[execution.status] += by;
  if (isTerminal(execution) || execution.retryAttempt === 0) return;
  const before = attempts[attempts.length - 2]?.status;
  if (before === "FAILED" || before === "TIMED_OUT") job.retried[before] += by;
}

function setStatus(execution: Execution, status: Execution["status"]): void {
  const attempts = execution.job.executions.get(execution.thing.thingName) ?? [];
  count(execution.job, attempts, -1);
  execution.status = status;
  count(execution.job, attempts, 1);
}

function stopTimers(turn: Turn, execution: Execution): void {
  execution.jobDeadlineMs = undefined;
  execution.stepDeadlineMs = undefined;
  turn.store.deadlines.update(execution);
}

function changed(turn: Turn, execution: Execution): void {
  execution.versionNumber++;
  execution.lastUpdatedAt = Math.max(turn.nowSeconds, execution.lastUpdatedAt);
  saveExecution(turn, execution);
}

/** REJECTED, CANCELED and REMOVED are never retried. */
function mayRetry(execution: Execution): boolean {
  const { status, job, thing } = execution;
  if (status !== "FAILED" && status !== "TIMED_OUT") return false;
  const criterion = job.settings.jobExecutionsRetryConfig?.criteriaList.find(
    ({ failureType }) => failureType === status || failureType === "ALL",
  );
  if (criterion === undefined) return false;
  // Attempts since the thing last joined: REMOVED starts the count anew.
  const attempts = job.executions.get(thing.thingName) ?? [];
  const joined = attempts.map((attempt) => attempt.status).lastIndexOf("REMOVED") + 1;
  const spent = attempts.slice(joined, -1).filter((attempt) => criterion.failureType === "ALL" || attempt.status === status).length;
  return spent < criterion.numberOfRetries;
}
