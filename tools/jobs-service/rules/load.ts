/** Puts a described state into an empty store, past all rules: for test vectors. */
import { readDocument } from "./document";
import { admit, latest } from "./executions";
import { newJob } from "./jobs";
import { readTarget, thingArn } from "./names";
import { createGroup, createThing, follow } from "./registry";
import { nextOrdinal, saveJob } from "./saved";
import type { Execution, ExecutionStatus, Job } from "./store";
import { isTerminal } from "./store";
import type { Turn } from "./turn";

/** One execution as test vectors describe it; times are epoch seconds. */
export interface GivenExecution {
  readonly jobId: string;
  readonly status: ExecutionStatus;
  readonly queuedAt: number;
  readonly startedAt?: number;
  readonly lastUpdatedAt?: number;
  readonly versionNumber?: number;
  readonly executionNumber?: number;
  readonly document?: unknown;
  readonly statusDetails?: Readonly<Record<string, string>>;
  readonly inProgressTimeoutInMinutes?: number;
  /** When the step timer ends. */
  readonly stepDeadline?: number;
  /** Retries that are left, whatever the failure. */
  readonly retries?: number;
  readonly namespaceId?: string;
  readonly targetSelection?: "SNAPSHOT" | "CONTINUOUS";
  /** ARNs; the thing itself unless given. */
  readonly targets?: readonly string[];
}

export function load(turn: Turn, thingName: string, given: readonly GivenExecution[]): void {
  const thing = createThing(turn, thingName);
  for (const one of given) {
    const job = turn.store.jobs.get(one.jobId) ?? loadJob(turn, thingName, one);
    const previous = latest(job.executions.get(thingName));
    const startedAt = one.startedAt ?? (one.status === "IN_PROGRESS" ? one.queuedAt : undefined);
    const minutes = one.inProgressTimeoutInMinutes;
    const running = one.status === "IN_PROGRESS";
    const execution: Execution = {
      thing,
      job,
      executionNumber:
        one.executionNumber ?? (previous === undefined ? turn.store.choices.firstExecutionNumber : previous.executionNumber + 1),
      retryAttempt: previous === undefined ? 0 : previous.retryAttempt + 1,
      queuedAt: one.queuedAt,
      sequence: nextOrdinal(turn.store),
      status: one.status,
      statusDetails: one.statusDetails ?? {},
      startedAt,
      lastUpdatedAt: one.lastUpdatedAt ?? startedAt ?? one.queuedAt,
      versionNumber: one.versionNumber ?? (one.status === "QUEUED" ? 1 : 2),
      forceCanceled: false,
      jobDeadlineMs: running && startedAt !== undefined && minutes !== undefined ? (startedAt + minutes * 60) * 1000 : undefined,
      stepDeadlineMs: running && one.stepDeadline !== undefined ? one.stepDeadline * 1000 : undefined,
      deadlineIndex: -1,
    };
    admit(turn, execution);
    const ended = isTerminal(execution) && job.targetSelection === "SNAPSHOT";
    job.status = ended ? (execution.status === "CANCELED" ? "CANCELED" : "COMPLETED") : "IN_PROGRESS";
    saveJob(turn, job);
  }
}

function loadJob(turn: Turn, thingName: string, one: GivenExecution): Job {
  const minutes = one.inProgressTimeoutInMinutes;
  const job = newJob(
    turn,
    {
      jobId: one.jobId,
      document: readDocument(typeof one.document === "string" ? one.document : JSON.stringify(one.document ?? {})),
      documentSource: undefined,
      targetSelection: one.targetSelection ?? "SNAPSHOT",
      namespaceId: one.namespaceId,
      arns: one.targets ?? [thingArn(thingName)],
      settings: {
        ...(minutes !== undefined && { timeoutConfig: { inProgressTimeoutInMinutes: minutes } }),
        ...(one.retries !== undefined && {
          jobExecutionsRetryConfig: { criteriaList: [{ failureType: "ALL", numberOfRetries: one.retries }] },
        }),
      },
    },
    one.queuedAt * 1000,
  );
  for (const arn of job.targets) {
    const target = readTarget(arn);
    if (target?.kind === "thinggroup" && job.targetSelection === "CONTINUOUS") follow(turn, job, createGroup(turn, target.name));
  }
  return job;
}
