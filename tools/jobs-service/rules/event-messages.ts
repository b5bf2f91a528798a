/**
 * The events of AWS IoT Jobs on `$aws/events/...`, as the page "Jobs events" of the developer guide shows them
 * (awsdocs/aws-iot-docs, developerguide/events-jobs.md). `timestamp` is in seconds, the job's own times are in milliseconds.
 */
import { thingArn } from "./names";
import type { Message } from "./notifications";
import type { Execution, Job } from "./store";

export type JobOperation = "completed" | "canceled" | "deleted" | "cancellation_in_progress" | "deletion_in_progress";
export type ExecutionOperation = "succeeded" | "failed" | "rejected" | "timed_out" | "canceled" | "removed" | "deleted";

/** What every event has of its own. */
export interface EventIdentity {
  readonly eventId: string;
  /** Epoch seconds. */
  readonly timestamp: number;
}

export function jobEvent({ eventId, timestamp }: EventIdentity, operation: JobOperation, job: Job): Message {
  const { jobId, counts } = job;
  const isCompleted = operation === "completed";
  const payload = {
    eventType: "JOB",
    eventId,
    timestamp,
    operation,
    jobId,
    status: operation.toUpperCase(),
    targetSelection: job.targetSelection,
    targets: job.targets,
    ...(job.settings.description !== undefined && { description: job.settings.description }),
    ...(isCompleted && { completedAt: job.completedAtMs }),
    createdAt: job.createdAtMs,
    lastUpdatedAt: job.lastUpdatedAtMs,
    ...(job.comment !== undefined && { comment: job.comment }),
    ...(isCompleted && {
      jobProcessDetails: {
        numberOfCanceledThings: counts.CANCELED,
        numberOfRejectedThings: counts.REJECTED,
        numberOfFailedThings: counts.FAILED,
        numberOfRemovedThings: counts.REMOVED,
        numberOfSucceededThings: counts.SUCCEEDED,
        numberOfTimedOutThings: counts.TIMED_OUT,
      },
    }),
  };
  return { topic: `$aws/events/job/${jobId}/${operation}`, payload: JSON.stringify(payload) };
}

/** Of a deleted execution the operation says so, while `status` is the one it had (a note on an older page of the same guide). */
export function executionEvent({ eventId, timestamp }: EventIdentity, operation: ExecutionOperation, execution: Execution): Message {
  const { jobId } = execution.job;
  const payload = {
    eventType: "JOB_EXECUTION",
    eventId,
    timestamp,
    operation,
    jobId,
    thingArn: thingArn(execution.thing.thingName),
    status: execution.status,
    ...(Object.keys(execution.statusDetails).length > 0 && { statusDetails: execution.statusDetails }),
  };
  return { topic: `$aws/events/jobExecution/${jobId}/${operation}`, payload: JSON.stringify(payload) };
}
