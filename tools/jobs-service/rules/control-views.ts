/** How jobs and executions look in the control plane: times are epoch seconds as numbers, status details sit in a `detailsMap`. */
import { membersOf } from "./group-tree";
import { groupId, jobArn, readTarget, thingArn } from "./names";
import { nextRollouts } from "./schedule";
import type { Execution, Job, Store } from "./store";

function seconds(ms: number): number {
  return ms / 1000;
}

function isRollingOut({ status, unreached }: Job): boolean {
  return status === "IN_PROGRESS" && unreached.size > 0;
}

/** The targets that the rollout is not through with. */
function processingTargets(store: Store, { targets, unreached }: Job): string[] {
  return targets.filter((arn) => {
    const target = readTarget(arn);
    if (target?.kind === "thing") return unreached.has(target.name);
    const group = target === undefined ? undefined : store.groups.get(target.name);
    return group !== undefined && membersOf(store, group).some(({ thingName }) => unreached.has(thingName));
  });
}

/** The group that the job is for, if it is for one only. */
function groupOf({ targets: [arn, ...others] }: Job): { thingGroupId?: string } {
  const target = arn === undefined || others.length > 0 ? undefined : readTarget(arn);
  return target?.kind === "thinggroup" ? { thingGroupId: groupId(target.name) } : {};
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
    // Its rollout goes on. A cancellation is over before anyone can ask.
    isConcurrent: isRollingOut(job),
    ...groupOf(job),
  };
}

/** Job. */
export function jobView(store: Store, job: Job, nowMs: number) {
  const { counts, settings } = job;
  const isActive = job.status === "IN_PROGRESS" || job.status === "SCHEDULED";
  const rollouts = settings.schedulingConfig === undefined || !isActive ? [] : nextRollouts(settings.schedulingConfig, nowMs);
  return {
    ...jobSummaryView(job),
    ...settings,
    ...(rollouts.length > 0 && { scheduledJobRollouts: rollouts }),
    targets: [...job.targets],
    ...(job.namespaceId !== undefined && { namespaceId: job.namespaceId }),
    ...(job.forceCanceled && { forceCanceled: true }),
    ...(job.reasonCode !== undefined && { reasonCode: job.reasonCode }),
    ...(job.comment !== undefined && { comment: job.comment }),
    jobProcessDetails: {
      ...(isRollingOut(job) && { processingTargets: processingTargets(store, job) }),
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
