/** How executions look in MQTT payloads. Times are whole epoch seconds; empty and unset members are left out, as real captures show. */
import { deadlineMs } from "./deadlines";
import { deliveredDocument } from "./document";
import type { Execution } from "./store";
import { isTerminal } from "./store";
import type { Turn } from "./turn";

/** JobExecutionSummary. */
export function summaryView(execution: Execution): object {
  return {
    jobId: execution.job.jobId,
    queuedAt: execution.queuedAt,
    ...(execution.startedAt !== undefined && { startedAt: execution.startedAt }),
    lastUpdatedAt: execution.lastUpdatedAt,
    versionNumber: execution.versionNumber,
    executionNumber: execution.executionNumber,
  };
}

/** JobExecution, with its document unless told otherwise. No thingName: no real capture over MQTT has it. */
export function executionView(turn: Turn, execution: Execution, withDocument = true): object {
  const deadline = deadlineMs(execution);
  return {
    jobId: execution.job.jobId,
    status: execution.status,
    ...detailsView(execution),
    queuedAt: execution.queuedAt,
    ...(execution.startedAt !== undefined && { startedAt: execution.startedAt }),
    lastUpdatedAt: execution.lastUpdatedAt,
    versionNumber: execution.versionNumber,
    executionNumber: execution.executionNumber,
    ...(deadline !== undefined &&
      !isTerminal(execution) && { approximateSecondsBeforeTimedOut: Math.max(0, Math.ceil((deadline - turn.nowMs) / 1000)) }),
    ...(withDocument && { jobDocument: deliveredDocument(turn.store, execution) }),
  };
}

/** JobExecutionState. */
export function stateView(execution: Execution): object {
  return { status: execution.status, ...detailsView(execution), versionNumber: execution.versionNumber };
}

function detailsView(execution: Execution): object {
  return Object.keys(execution.statusDetails).length > 0 ? { statusDetails: execution.statusDetails } : {};
}
