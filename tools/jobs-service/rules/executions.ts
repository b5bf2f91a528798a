/** The state machine of one execution: queued, started, ended, and what its end means for its job. */
import { announceExecution, announceJob } from "./events";
import { add, moveToRunning, pendingOf, remove } from "./pending";
import { forgetExecution, nextOrdinal, saveExecution, saveJob, saveThing } from "./saved";
import type { Execution, Job, TerminalStatus, Thing } from "./store";
import { isTerminal } from "./store";
import type { Turn } from "./turn";
import { touch } from "./turn";

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
  const previous = latest(attempts);
  if (previous !== undefined) job.counts[previous.status]--;
  job.counts[execution.status]++;
  attempts.push(execution);
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
  if (execution.job.status !== "IN_PROGRESS") return;
  if (mayRetry(execution)) queue(turn, execution.job, execution.thing, execution.retryAttempt + 1);
  abortIfFailing(turn, execution.job);
  completeIfDone(turn, execution.job);
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
  const wasLatest = latest(attempts) === execution;
  if (wasLatest) job.counts[execution.status]--;
  attempts.splice(attempts.indexOf(execution), 1);
  const previous = latest(attempts);
  if (wasLatest && previous !== undefined) job.counts[previous.status]++;
  if (previous === undefined) job.executions.delete(thing.thingName);
  // What is left may be that of an earlier thing of this name.
  if (!attempts.some((attempt) => attempt.thing === thing)) thing.executions.delete(job.jobId);
}

/** Cancels what is queued; what runs only with force. The job itself is CANCELED at once. */
export function cancel(turn: Turn, job: Job, force: boolean): void {
  job.status = "CANCELED";
  job.forceCanceled = force;
  job.lastUpdatedAtMs = turn.nowMs;
  job.completedAtMs = turn.nowMs;
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

/** A SNAPSHOT job is complete once every thing's latest attempt has ended. */
export function completeIfDone(turn: Turn, job: Job): void {
  if (job.status !== "IN_PROGRESS" || job.targetSelection !== "SNAPSHOT") return;
  if (job.counts.QUEUED + job.counts.IN_PROGRESS > 0) return;
  job.status = "COMPLETED";
  job.lastUpdatedAtMs = turn.nowMs;
  job.completedAtMs = turn.nowMs;
  saveJob(turn, job);
  announceJob(turn, job, "completed");
}

function setStatus(execution: Execution, status: Execution["status"]): void {
  const { counts, executions } = execution.job;
  if (latest(executions.get(execution.thing.thingName)) === execution) {
    counts[execution.status]--;
    counts[status]++;
  }
  execution.status = status;
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

function abortIfFailing(turn: Turn, job: Job): void {
  const { SUCCEEDED, FAILED, REJECTED, TIMED_OUT } = job.counts;
  const executed = SUCCEEDED + FAILED + REJECTED + TIMED_OUT;
  for (const { failureType, thresholdPercentage, minNumberOfExecutedThings } of job.settings.abortConfig?.criteriaList ?? []) {
    const bad = failureType === "ALL" ? FAILED + REJECTED + TIMED_OUT : job.counts[failureType];
    if (executed < minNumberOfExecutedThings || bad === 0 || (bad / executed) * 100 < thresholdPercentage) continue;
    cancel(turn, job, false);
    job.reasonCode = "ABORT_CRITERIA_MET";
    job.comment = `${bad} of ${executed} executed things ended ${failureType === "ALL" ? "badly" : failureType}`;
    saveJob(turn, job);
    return;
  }
}
