/** What became of a job on each of its things. */
import {
  DescribeJobCommand,
  DescribeJobExecutionCommand,
  GetJobDocumentCommand,
  paginateListJobExecutionsForJob,
} from "@aws-sdk/client-iot";
import type { Cloud } from "./cloud";
import { paintStatus, printJson, table } from "./output";

/** The latest attempt of a job on a thing. */
export interface Standing {
  readonly thingName: string;
  readonly status: string;
  readonly executionNumber: number;
  /** How often it was tried again before this. */
  readonly retryAttempt: number;
}

/** By thing, in the service's order. */
export async function standings({ iot }: Cloud, jobId: string): Promise<Standing[]> {
  const latest = new Map<string, Standing>();
  for await (const { executionSummaries } of paginateListJobExecutionsForJob({ client: iot, pageSize: 250 }, { jobId })) {
    for (const { thingArn = "", jobExecutionSummary } of executionSummaries ?? []) {
      const thingName = thingArn.slice(thingArn.indexOf(":thing/") + ":thing/".length);
      const executionNumber = jobExecutionSummary?.executionNumber ?? 0;
      if ((latest.get(thingName)?.executionNumber ?? -1) > executionNumber) continue;
      const { status = "", retryAttempt = 0 } = jobExecutionSummary ?? {};
      latest.set(thingName, { thingName, executionNumber, status, retryAttempt });
    }
  }
  return [...latest.values()];
}

export function isOpen({ status }: Standing): boolean {
  return status === "QUEUED" || status === "IN_PROGRESS";
}

const tellEveryMs = 5000;
/** AWS allows ten such calls a second for a whole account. */
const pollEveryMs = 250;

/** Whether a job may still go to things that have no execution yet: a rollout takes its time. */
async function isRollingOut({ iot }: Cloud, jobId: string): Promise<boolean> {
  const { job } = await iot.send(new DescribeJobCommand({ jobId }));
  return job?.status === "IN_PROGRESS" || job?.status === "SCHEDULED";
}

/**
 * Tells what devices report while they are at it, when it is new. One device is asked at each call, so that many take no more of what
 * AWS allows than one does. True when there was something to tell.
 */
function stepsOf({ iot }: Cloud, jobId: string): (all: readonly Standing[]) => Promise<boolean> {
  const told = new Map<string, string>();
  let turn = 0;
  return async (all) => {
    const busy = all.filter(({ status }) => status === "IN_PROGRESS").slice(0, fewThings);
    const thingName = busy[turn++ % busy.length]?.thingName;
    if (thingName === undefined) return false;
    const { execution } = await iot.send(new DescribeJobExecutionCommand({ jobId, thingName }));
    const { step, ...others } = execution?.statusDetails?.detailsMap ?? {};
    const said = [...(step === undefined ? [] : [step]), ...Object.entries(others).map(([key, value]) => `${key}: ${value}`)].join(", ");
    if (said === "" || told.get(thingName) === said) return false;
    told.set(thingName, said);
    process.stderr.write(`${thingName}  ${said}\n`);
    return true;
  };
}

/** Asks until the job and every execution have ended, and tells their steps meanwhile. False when `seconds` pass before that. */
export async function waitForEnd(cloud: Cloud, jobId: string, seconds: number): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  const tellSteps = stepsOf(cloud, jobId);
  let tellAt = Date.now() + tellEveryMs;
  while (Date.now() < deadline) {
    const all = await standings(cloud, jobId);
    const open = all.filter(isOpen);
    if (open.length === 0 && !(await isRollingOut(cloud, jobId))) return true;
    if (await tellSteps(all)) tellAt = Date.now() + tellEveryMs;
    if (Date.now() >= tellAt) {
      process.stderr.write(`waiting for ${waitedFor(open)}\n`);
      tellAt += tellEveryMs;
    }
    await new Promise((resolve) => setTimeout(resolve, pollEveryMs));
  }
  return false;
}

const fewThings = 5;

function waitedFor(open: readonly Standing[]): string {
  const named = open.slice(0, fewThings).map(({ thingName, status }) => `${thingName} (${status})`);
  if (open.length > fewThings) named.push(`${open.length - fewThings} more`);
  return named.length === 0 ? "the rollout" : named.join(", ");
}

/** One call each: with more things than this, their details are left to --json. */
const describedThings = 25;

/** Prints a job, its document and its executions. */
export async function showJob(cloud: Cloud, jobId: string, json: boolean): Promise<void> {
  const { iot } = cloud;
  const { job } = await iot.send(new DescribeJobCommand({ jobId }));
  const { document = "" } = await iot.send(new GetJobDocumentCommand({ jobId }));
  const all = await standings(cloud, jobId);
  const executions = [];
  const shown = all.slice(0, describedThings);
  for (const { thingName } of json ? all : shown) {
    const { execution } = await iot.send(new DescribeJobExecutionCommand({ jobId, thingName }));
    executions.push({ thingName, ...execution, statusDetails: execution?.statusDetails?.detailsMap ?? {} });
  }
  if (json) return printJson({ job, document, executions });
  process.stdout.write(`${jobId}  ${paintStatus(job?.status ?? "")}\n${document}\n`);
  if (job?.comment !== undefined) process.stdout.write(`${job.reasonCode ?? ""} ${job.comment}\n`.trimStart());
  const isRetried = shown.some(({ retryAttempt }) => retryAttempt > 0);
  const rows = executions.map(({ thingName, status = "", statusDetails }, index) => [
    thingName,
    paintStatus(status),
    ...(isRetried ? [String((shown[index]?.retryAttempt ?? 0) + 1)] : []),
    Object.entries(statusDetails)
      .map(([key, value]) => `${key}: ${value}`)
      .join("\n"),
  ]);
  process.stdout.write(`${table(["THING", "STATUS", ...(isRetried ? ["ATTEMPT"] : []), "DETAILS"], rows)}\n`);
  if (all.length > executions.length) process.stdout.write(`and ${counted(all.slice(executions.length))}\n`);
}

function counted(all: readonly Standing[]): string {
  const counts = new Map<string, number>();
  for (const { status } of all) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${paintStatus(status)}`).join(", ");
}
