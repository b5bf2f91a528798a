/** Whether a job has gone so badly that it is to be cancelled: `abortConfig`. */
import type { Choices } from "../choices";
import type { Job } from "./store";

/** Why a job is to be aborted, as it shows in DescribeJob; undefined while it may go on. */
export function abortReason(job: Job, choices: Choices): { reasonCode: string; comment: string } | undefined {
  const { counts, retried } = job;
  // A thing that failed and is to try again counts as failed: aborting is what saves the further attempts (developer guide).
  const bad = { FAILED: counts.FAILED + retried.FAILED, TIMED_OUT: counts.TIMED_OUT + retried.TIMED_OUT, REJECTED: counts.REJECTED };
  const all = bad.FAILED + bad.TIMED_OUT + bad.REJECTED;
  const executed = choices.abortCounts === "ended" ? counts.SUCCEEDED + all : job.executions.size;
  for (const { failureType, thresholdPercentage, minNumberOfExecutedThings } of job.settings.abortConfig?.criteriaList ?? []) {
    const failed = failureType === "ALL" ? all : bad[failureType];
    if (executed < minNumberOfExecutedThings || failed === 0 || (failed / executed) * 100 < thresholdPercentage) continue;
    const how = failureType === "ALL" ? "badly" : failureType;
    return { reasonCode: "ABORT_CRITERIA_MET", comment: `${failed} of ${executed} executed things ended ${how}` };
  }
  return undefined;
}
