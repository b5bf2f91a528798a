/** How jobs and executions look in the control plane: times are epoch seconds as numbers, status details sit in a `detailsMap`. */
import { jobArn, thingArn } from "./names";
import type { Execution, Job } from "./store";

function seconds(ms: number): number {
  return ms / 1000;
}

/** JobSummary. */
export function jobSummaryView(job: Job) {
  return {
    jobArn: jobArn(job.jobId),
    jobId: job.jobId,
    targetSelection: job.targetSelection,
    status: job.status,
    createdAt: seconds(job.createdAtMs),
    lastUpdatedAt: seconds(job.lastUpdatedAtMs),
    ...(job.completedAtMs !== undefined && { completedAt: seconds(job.completedAtMs) }),
    isConcurrent: false,
  };
}

/** Job. */
export function jobView(job: Job) {
  const { counts } = job;
  return {
    ...jobSummaryView(job),
    ...job.settings,
    targets: [...job.targets],
    ...(job.namespaceId !== undefined && { namespaceId: job.namespaceId }),
    ...(job.forceCanceled && { forceCanceled: true }),
    ...(job.reasonCode !== undefined && { reasonCode: job.reasonCode }),
    ...(job.comment !== undefined && { comment: job.comment }),
    jobProcessDetails: {
      numberOfCanceledThings: counts.CANCELED,
      numberOfSucceededThings: counts.SUCCEEDED,
      numberOfFailedThings: counts.FAILED,
      numberOfRejectedThings: counts.REJECTED,
      numberOfQueuedThings: counts.QUEUED,
      numberOfInProgressThings: counts.IN_PROGRESS,
      numberOfRemovedThings: counts.REMOVED,
      numberOfTimedOutThings: counts.TIMED_OUT,
    },
  };
}

/** JobExecutionSummary of the control plane. */
export function executionSummaryView(execution: Execution) {
  return {
    status: execution.status,
    queuedAt: execution.queuedAt,
    ...(execution.startedAt !== undefined && { startedAt: execution.startedAt }),
    lastUpdatedAt: execution.lastUpdatedAt,
    executionNumber: execution.executionNumber,
    retryAttempt: execution.retryAttempt,
  };
}

/** JobExecution of the control plane: ended ones too, no document. */
export function controlExecutionView(execution: Execution) {
  return {
    jobId: execution.job.jobId,
    status: execution.status,
    ...(execution.forceCanceled && { forceCanceled: true }),
    statusDetails: { detailsMap: { ...execution.statusDetails } },
    thingArn: thingArn(execution.thing.thingName),
    queuedAt: execution.queuedAt,
    ...(execution.startedAt !== undefined && { startedAt: execution.startedAt }),
    lastUpdatedAt: execution.lastUpdatedAt,
    executionNumber: execution.executionNumber,
    versionNumber: execution.versionNumber,
  };
}
