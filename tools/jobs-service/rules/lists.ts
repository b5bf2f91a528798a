/** The control plane's lists, page by page. */
import { executionSummaryView, jobSummaryView } from "./control-views";
import { requireJob } from "./jobs";
import { thingArn } from "./names";
import { ControlRefusal } from "./refusals";
import { thingView } from "./registry";
import type { Execution, Store } from "./store";

export interface Page {
  readonly maxResults?: number;
  readonly nextToken?: string;
}

const maxPage = 250;

/** Cuts a page out of a list. The token is the place where the next one starts. */
function pageOf<T>(all: readonly T[], { maxResults = maxPage, nextToken }: Page): { items: T[]; nextToken?: string } {
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > maxPage) {
    throw new ControlRefusal("InvalidRequestException", `maxResults must be a whole number from 1 to ${maxPage}`);
  }
  const start = nextToken === undefined ? 0 : /^\d{1,9}$/.test(nextToken) ? Number(nextToken) : -1;
  if (start < 0) throw new ControlRefusal("InvalidRequestException", "nextToken is not one that this service gave");
  const items = all.slice(start, start + maxResults);
  return start + maxResults < all.length ? { items, nextToken: String(start + maxResults) } : { items };
}

export interface JobFilter extends Page {
  readonly status?: string;
  readonly targetSelection?: string;
  readonly namespaceId?: string;
}

/** ListJobs: the newest first. */
export function listJobs(store: Store, filter: JobFilter = {}) {
  const wanted = [...store.jobs.values()].reverse().filter((job) => {
    if (filter.status !== undefined && job.status !== filter.status) return false;
    if (filter.namespaceId !== undefined && job.namespaceId !== filter.namespaceId) return false;
    return filter.targetSelection === undefined || job.targetSelection === filter.targetSelection;
  });
  const { items, ...rest } = pageOf(wanted, filter);
  return { jobs: items.map(jobSummaryView), ...rest };
}

export function listThings(store: Store, page: Page = {}) {
  const { items, ...rest } = pageOf([...store.things.values()], page);
  return { things: items.map(thingView), ...rest };
}

export interface ExecutionFilter extends Page {
  readonly status?: string;
  readonly jobId?: string;
  readonly namespaceId?: string;
}

/** ListJobExecutionsForJob: every attempt. */
export function executionsForJob(store: Store, jobId: string, filter: ExecutionFilter = {}) {
  const { items, ...rest } = executions([...requireJob(store, jobId).executions.values()], filter);
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
  const { items, ...rest } = executions([...thing.executions.values()], filter);
  const executionSummaries = items.map((execution) => ({
    jobId: execution.job.jobId,
    jobExecutionSummary: executionSummaryView(execution),
  }));
  return { executionSummaries, ...rest };
}

function executions(attempts: readonly Execution[][], filter: ExecutionFilter): { items: Execution[]; nextToken?: string } {
  const wanted = attempts.flat().filter(({ status, job }) => {
    if (filter.status !== undefined && status !== filter.status) return false;
    if (filter.namespaceId !== undefined && job.namespaceId !== filter.namespaceId) return false;
    return filter.jobId === undefined || job.jobId === filter.jobId;
  });
  return pageOf(wanted, filter);
}
