/** The control plane's calls on jobs: create, update, associate, cancel, delete. */
import { announceJob } from "./events";
import { cancel, erase } from "./executions";
import { membersOf } from "./group-tree";
import { invalid, text, type Fields } from "./input-checks";
import type { JobInput } from "./job-input";
import { readJob } from "./job-input";
import { readSettings } from "./job-settings";
import { jobArn, plainTextPattern, readTarget, reasonCodePattern } from "./names";
import { ControlRefusal } from "./refusals";
import { follow, requireGroup, requireThing } from "./registry";
import { enrol } from "./rollout";
import { forgetFollower, forgetJob, nextOrdinal, saveDocument, saveJob } from "./saved";
import type { Job, Store } from "./store";
import { begin } from "./timeline";
import { forgetTags, readTags, tagNew } from "./tags";
import type { Turn } from "./turn";
import { retire } from "./unreached";

export interface JobReference {
  readonly jobArn: string;
  readonly jobId: string;
  readonly description?: string;
}

/** CreateJob. The rollout begins at once, unless the job is scheduled. */
export function createJob(turn: Turn, input: JobInput): JobReference {
  const { store } = turn;
  const wanted = readJob(input, { nowMs: turn.nowMs, readObject: store.readObject, choices: store.choices });
  if (store.jobs.has(wanted.jobId)) {
    const members = { resourceId: wanted.jobId, resourceArn: jobArn(wanted.jobId) };
    throw new ControlRefusal("ResourceAlreadyExistsException", `Job ${wanted.jobId} already exists`, members);
  }
  for (const { kind, name } of wanted.targets) if (kind === "thing") requireThing(turn, name);
  const groups = wanted.targets.filter(({ kind }) => kind === "thinggroup").map(({ name }) => requireGroup(turn, name));
  const tags = readTags(input as unknown as Fields);
  const job = newJob(turn, wanted, turn.nowMs);
  tagNew(turn, jobArn(job.jobId), tags);
  if (job.targetSelection === "CONTINUOUS") for (const group of groups) follow(turn, job, group);
  begin(turn, job);
  return referenceTo(job);
}

/** Puts a job without executions on record. */
export function newJob(
  turn: Turn,
  wanted: Pick<Job, "jobId" | "document" | "documentSource" | "targetSelection" | "namespaceId" | "settings"> & {
    readonly arns: readonly string[];
  },
  createdAtMs: number,
): Job {
  const { arns, jobId, document, documentSource, targetSelection, namespaceId, settings } = wanted;
  const job: Job = {
    jobId,
    ordinal: nextOrdinal(turn.store),
    document,
    documentSource,
    targetSelection,
    namespaceId,
    settings,
    targets: [...arns],
    executions: new Map(),
    counts: { QUEUED: 0, IN_PROGRESS: 0, SUCCEEDED: 0, FAILED: 0, REJECTED: 0, TIMED_OUT: 0, CANCELED: 0, REMOVED: 0 },
    retried: { FAILED: 0, TIMED_OUT: 0 },
    unreached: new Set(),
    createdAtMs,
    status: "IN_PROGRESS",
    lastUpdatedAtMs: createdAtMs,
    completedAtMs: undefined,
    forceCanceled: false,
    reasonCode: undefined,
    comment: undefined,
    batch: { startedMs: 0, count: 0 },
    isOpen: true,
    isRolloutStopped: false,
    nextBatchMs: undefined,
    nextEdgeMs: undefined,
    deadlineIndex: -1,
  };
  turn.store.jobs.set(jobId, job);
  saveDocument(turn, job);
  saveJob(turn, job);
  return job;
}

export function requireJob(store: Store, jobId: string): Job {
  const job = store.jobs.get(jobId);
  if (job === undefined) throw new ControlRefusal("ResourceNotFoundException", `Job ${jobId} cannot be found.`);
  return job;
}

function requireActive({ jobId, status }: Job, done: string): void {
  if (status === "IN_PROGRESS" || status === "SCHEDULED") return;
  throw new ControlRefusal("InvalidRequestException", `Job ${jobId} in status ${status} cannot be ${done}.`);
}

/**
 * UpdateJob. Nothing that was queued or started is touched: a new timeout is for executions that start from now on, another rate for
 * the next batch, other URLs for the next delivery, abort criteria for the next end; retries can only be set to 0.
 */
export function updateJob(turn: Turn, jobId: string, input: Readonly<Record<string, unknown>>): void {
  const job = requireJob(turn.store, jobId);
  requireActive(job, "updated");
  const settings = readSettings(input);
  if (settings.jobExecutionsRetryConfig?.criteriaList.some(({ numberOfRetries }) => numberOfRetries !== 0) === true) {
    throw new ControlRefusal("InvalidRequestException", "numberOfRetries can only be updated to 0");
  }
  Object.assign(job.settings, settings);
  job.lastUpdatedAtMs = turn.nowMs;
  saveJob(turn, job);
}

/** AssociateTargetsWithJob: adds groups to a CONTINUOUS job that is IN_PROGRESS. */
export function associateTargets(turn: Turn, jobId: string, targets: unknown): JobReference {
  if (!Array.isArray(targets) || targets.length === 0) throw invalid(targets, "targets", "Member must have at least one item");
  const arns = targets.map((arn: unknown) => {
    if (typeof arn !== "string") throw invalid(arn, "targets", "Member must be the ARN of a thing group");
    return arn;
  });
  const job = requireJob(turn.store, jobId);
  if (job.targetSelection !== "CONTINUOUS" || job.status !== "IN_PROGRESS") {
    throw new ControlRefusal("InvalidRequestException", `Job ${jobId} is not a CONTINUOUS job that is IN_PROGRESS`);
  }
  if (job.targets.length + arns.length > 100) throw new ControlRefusal("LimitExceededException", "A job can have at most 100 targets");
  const groups = arns.map((arn) => {
    const target = readTarget(arn);
    if (target?.kind !== "thinggroup") throw new ControlRefusal("InvalidRequestException", `Target ${arn} is not a thing group`);
    return requireGroup(turn, target.name);
  });
  job.targets.push(...arns.filter((arn) => !job.targets.includes(arn)));
  for (const group of groups) {
    follow(turn, job, group);
    enrol(turn, job, membersOf(turn.store, group));
  }
  job.lastUpdatedAtMs = turn.nowMs;
  saveJob(turn, job);
  return referenceTo(job);
}

/** CancelJob: without force, running executions go on. */
export function cancelJob(
  turn: Turn,
  jobId: string,
  options: { readonly force?: boolean; readonly reasonCode?: unknown; readonly comment?: unknown } = {},
): JobReference {
  const reasonCode = text(options, "reasonCode", 0, 128);
  const comment = text(options, "comment", 0, 2028);
  if (reasonCode !== undefined && !reasonCodePattern.test(reasonCode)) {
    throw invalid(reasonCode, "reasonCode", "Member must satisfy regular expression pattern: [\\p{Upper}\\p{Digit}_]+");
  }
  if (comment !== undefined && !plainTextPattern.test(comment)) {
    throw invalid(comment, "comment", "Member must satisfy regular expression pattern: [^\\p{C}]+");
  }
  const job = requireJob(turn.store, jobId);
  requireActive(job, "canceled");
  cancel(turn, job, options.force ?? false);
  job.reasonCode = reasonCode;
  job.comment = comment;
  saveJob(turn, job);
  return referenceTo(job);
}

/** DeleteJob: with its executions, at once. A job that is neither COMPLETED nor CANCELED needs force. */
export function deleteJob(turn: Turn, jobId: string, force = false): void {
  const job = requireJob(turn.store, jobId);
  if ((job.status === "IN_PROGRESS" || job.status === "SCHEDULED") && !force) {
    throw new ControlRefusal("InvalidStateTransitionException", `Job ${jobId} in status ${job.status} cannot be deleted without force.`);
  }
  turn.store.jobs.delete(jobId);
  retire(turn, job);
  forgetJob(turn, job);
  forgetTags(turn, jobArn(jobId));
  announceJob(turn, job, "deletion_in_progress");
  for (const attempts of [...job.executions.values()]) for (const execution of [...attempts].reverse()) erase(turn, execution);
  for (const arn of job.targets) {
    const target = readTarget(arn);
    const group = target?.kind === "thinggroup" ? turn.store.groups.get(target.name) : undefined;
    if (group?.jobs.delete(job) === true) forgetFollower(turn, group, job);
  }
  announceJob(turn, job, "deleted");
}

function referenceTo(job: Job): JobReference {
  const { description } = job.settings;
  return { jobArn: jobArn(job.jobId), jobId: job.jobId, ...(description !== undefined && { description }) };
}
