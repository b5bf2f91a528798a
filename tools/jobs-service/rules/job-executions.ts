/** The control plane's calls on single executions, and the timers. */
import { completeIfDone, end, erase, latest } from "./executions";
import { deadlineMs, isJob } from "./deadlines";
import { readDetails } from "./fields";
import { integer, section } from "./input-checks";
import { requireJob } from "./jobs";
import { ControlRefusal } from "./refusals";
import type { Execution, Store } from "./store";
import { isTerminal } from "./store";
import { goOn } from "./timeline";
import type { Turn } from "./turn";

/** The attempt with this number, or the latest. */
export function requireExecution(store: Store, thingName: string, jobId: string, executionNumber?: number): Execution {
  const attempts = requireJob(store, jobId).executions.get(thingName);
  const execution =
    executionNumber === undefined ? latest(attempts) : attempts?.find((attempt) => attempt.executionNumber === executionNumber);
  if (execution === undefined) {
    const attempt = executionNumber === undefined ? "" : ` with number ${executionNumber}`;
    throw new ControlRefusal("ResourceNotFoundException", `Job execution of ${jobId}${attempt} for thing ${thingName} cannot be found.`);
  }
  return execution;
}

/** CancelJobExecution: a running execution needs force. */
export function cancelExecution(
  turn: Turn,
  thingName: string,
  jobId: string,
  options: { readonly force?: boolean; readonly expectedVersion?: unknown; readonly statusDetails?: unknown } = {},
): void {
  const { force = false } = options;
  const expectedVersion = integer(options, "expectedVersion", 0, Number.MAX_SAFE_INTEGER);
  const statusDetails = section(options, "statusDetails");
  const details = statusDetails === undefined ? undefined : readDetails(statusDetails, turn.store.choices);
  if (typeof details === "string") throw new ControlRefusal("InvalidRequestException", details);
  const execution = requireExecution(turn.store, thingName, jobId);
  if (isTerminal(execution) || (execution.status === "IN_PROGRESS" && !force)) {
    throw new ControlRefusal("InvalidStateTransitionException", `Job execution in status ${execution.status} cannot be canceled.`);
  }
  if (expectedVersion !== undefined && expectedVersion !== execution.versionNumber) {
    const message = `Expected version ${expectedVersion} but found version ${execution.versionNumber}`;
    throw new ControlRefusal("VersionConflictException", message);
  }
  if (details !== undefined) execution.statusDetails = details;
  execution.forceCanceled = force;
  end(turn, execution, "CANCELED");
}

/** DeleteJobExecution: a running execution needs force. Its number may be used again. */
export function deleteExecution(turn: Turn, thingName: string, jobId: string, executionNumber?: number, force = false): void {
  const execution = requireExecution(turn.store, thingName, jobId, executionNumber);
  const free = isTerminal(execution) || (execution.status === "QUEUED" && turn.store.choices.deleteQueuedWithoutForce);
  if (!free && !force) {
    throw new ControlRefusal(
      "InvalidStateTransitionException",
      `Job execution in status ${execution.status} cannot be deleted without force.`,
    );
  }
  erase(turn, execution);
  completeIfDone(turn, execution.job);
}

/** Does what is due at this moment: ends executions whose time is up, moves jobs on. */
export function expire(turn: Turn): void {
  for (;;) {
    const timed = turn.store.deadlines.first();
    if (timed === undefined || (deadlineMs(timed) ?? Infinity) > turn.nowMs) return;
    if (isJob(timed)) goOn(turn, timed);
    else end(turn, timed, "TIMED_OUT");
  }
}
