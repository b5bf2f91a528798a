/** The control plane's lists of jobs and executions. */
import { executionSummaryView, jobSummaryView } from "./control-views";
import { oneOf } from "./input-checks";
import { requireJob } from "./jobs";
import { groupId, readTarget, thingArn } from "./names";
import { pageOf, type Page } from "./page";
import { ControlRefusal } from "./refusals";
import type { Execution, Job, Store } from "./store";
import { terminalStatuses } from "./store";

const jobStatuses = ["IN_PROGRESS", "CANCELED", "COMPLETED", "DELETION_IN_PROGRESS", "SCHEDULED"] as const;
const executionStatuses = ["QUEUED", "IN_PROGRESS", ...terminalStatuses] as const;

export interface JobFilter extends Page {
  readonly status?: string;
  readonly targetSelection?: string;
  readonly thingGroupName?: string;
  readonly thingGroupId?: string;
  readonly namespaceId?: string;
}

function targetsGroup(job: Job, groupName: string | undefined, id: string | undefined): boolean {
  return job.targets.some((arn) => {
    const target = readTarget(arn);
    if (target?.kind !== "thinggroup") return false;
    return (groupName === undefined || target.name === groupName) && (id === undefined || groupId(target.name) === id);
  });
}

/** ListJobs: the newest first. */
export function listJobs(store: Store, filter: JobFilter = {}) {
  const { status, targetSelection, thingGroupName, thingGroupId, namespaceId } = filter;
  if (status !== undefined) oneOf(status, "status", jobStatuses);
  if (targetSelection !== undefined) oneOf(targetSelection, "targetSelection", ["CONTINUOUS", "SNAPSHOT"]);
  const byGroup = thingGroupName !== undefined || thingGroupId !== undefined;
  const wanted = matching(store.jobs.newestFirst(), (job) => {
    if (status !== undefined && job.status !== status) return false;
    if (namespaceId !== undefined && job.namespaceId !== namespaceId) return false;
    if (byGroup && !targetsGroup(job, thingGroupName, thingGroupId)) return false;
    return targetSelection === undefined || job.targetSelection === targetSelection;
  });
  const { items, ...rest } = pageOf(wanted, filter, "jobs", status, targetSelection, thingGroupName, thingGroupId, namespaceId);
  return { jobs: items.map(jobSummaryView), ...rest };
}

export interface ExecutionFilter extends Page {
  readonly status?: string;
  readonly jobId?: string;
  readonly namespaceId?: string;
}

/** ListJobExecutionsForJob: every attempt. */
export function executionsForJob(store: Store, jobId: string, filter: ExecutionFilter = {}) {
  const { items, ...rest } = executions(requireJob(store, jobId).executions.values(), filter, `job ${jobId}`);
  const executionSummaries = items.map((execution) => ({
    thingArn: thingArn(execution.thing.thingName),
    jobExecutionSummary: executionSummaryView(execution),
  }));
  return { executionSummaries, ...rest };
}

/** ListJobExecutionsForThing: every attempt. */
export function executionsForThing(store: Store, thingName: string, filter: ExecutionFilter = {}) {
  const thing = store.things.get(thingName);
  if (thing === undefined) throw new ControlRefusal("ResourceNotFoundException", `Thing ${thingName} not found.`);
  const { items, ...rest } = executions(thing.executions.values(), filter, `thing ${thingName}`);
  const executionSummaries = items.map((execution) => ({
    jobId: execution.job.jobId,
    jobExecutionSummary: executionSummaryView(execution),
  }));
  return { executionSummaries, ...rest };
}

function executions(attempts: Iterable<readonly Execution[]>, filter: ExecutionFilter, of: string) {
  const { status: wantedStatus, namespaceId, jobId } = filter;
  if (wantedStatus !== undefined) oneOf(wantedStatus, "status", executionStatuses);
  const wanted = matching(flat(attempts), ({ status, job }) => {
    if (wantedStatus !== undefined && status !== wantedStatus) return false;
    if (namespaceId !== undefined && job.namespaceId !== namespaceId) return false;
    return jobId === undefined || job.jobId === jobId;
  });
  return pageOf(wanted, filter, "executions", of, wantedStatus, namespaceId, jobId);
}

function* flat<T>(lists: Iterable<Iterable<T>>): Generator<T, undefined> {
  for (const list of lists) yield* list;
  return undefined;
}

/** Looks no further than it is asked to. */
function* matching<T>(all: Iterable<T>, isWanted: (one: T) => boolean): Generator<T, undefined> {
  for (const one of all) if (isWanted(one)) yield one;
  return undefined;
}
