/** Devices and an operator that keep a Jobs service busy and remember what they were told, across its deaths. */
import type { ServiceProcess } from "./service-process";
import { callerOf, type Caller } from "./https-caller";
import { devices, type Got } from "./devices";
import { expect } from "vitest";

/** The last word on one execution: what was accepted, and what was asked for when the service died, if anything. */
export interface Told {
  accepted: { readonly versionNumber: number; readonly status: string; readonly note: string | undefined };
  asked: { readonly status: string; readonly note: string } | undefined;
}

export interface Memory {
  readonly things: readonly string[];
  /** Jobs that the service said it had created. */
  readonly jobs: Set<string>;
  /** Jobs that were asked for, and of which nothing was heard. */
  readonly unanswered: Set<string>;
  /** By `jobId/thing`. */
  readonly executions: Map<string, Told>;
  /** The keys of those that were spoken of since the service was last looked at; `jobId/` for a job. */
  readonly touched: Set<string>;
  made: number;
}

export interface Load {
  /** Resolves when so many replies were accepted. */
  readonly reached: Promise<void>;
  /** Kills the service in the middle of it all. */
  kill(): Promise<void>;
}

export const group = "everything";

function spokenOf(memory: Memory, jobId: string): void {
  memory.jobs.add(jobId);
  memory.touched.add(`${jobId}/`);
}

/** Registers the things and a group of all of them. */
export async function register(service: ServiceProcess, { things }: Memory): Promise<void> {
  const caller = callerOf(service);
  await ok(caller, "POST", `/thing-groups/${group}`);
  for (const thing of things) {
    await ok(caller, "POST", `/things/${thing}`);
    await ok(caller, "PUT", "/thing-groups/addThingToThingGroup", { thingGroupName: group, thingName: thing });
  }
  caller.end();
}

async function ok(caller: Caller, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const { status, json } = await caller.call(method, path, body === undefined ? undefined : JSON.stringify(body));
  if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(json)}`);
  return json;
}

/** Keeps all devices and two creators of jobs at it until the service is gone. */
export async function putUnderLoad(service: ServiceProcess, memory: Memory, repliesWanted: number): Promise<Load> {
  const made = devices();
  const caller = callerOf(service);
  let replies = 0;
  let reach = (): void => {};
  let gone = false;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  function count(): void {
    if (++replies === repliesWanted) reach();
  }

  async function create(): Promise<void> {
    while (!gone) {
      const jobId = `job-${++memory.made}`;
      memory.unanswered.add(jobId);
      const input = { targets: [`arn:aws:iot:us-east-1:123456789012:thinggroup/${group}`], document: `{"job":"${jobId}"}` };
      await ok(caller, "PUT", `/jobs/${jobId}`, input);
      spokenOf(memory, jobId);
      memory.unanswered.delete(jobId);
      count();
    }
  }

  async function work(thing: string): Promise<void> {
    const device = await made.connected(service.urls.mqtt ?? "", thing);
    const root = `$aws/things/${thing}/jobs`;
    await device.client.subscribeAsync([`${root}/notify-next`, `${root}/notify`], { qos: 1 });
    async function ask(suffix: string, body: object): Promise<Got["payload"]> {
      const clientToken = `${thing}-${++memory.made}`;
      device.client.publish(`${root}/${suffix}`, JSON.stringify({ ...body, clientToken }), { qos: 1 });
      const { topic, payload } = await device.until((got) => got.payload["clientToken"] === clientToken);
      device.got.length = 0;
      if (!topic.endsWith("/accepted")) throw new Error(`${topic}: ${JSON.stringify(payload)}`);
      count();
      return payload;
    }
    while (!gone) {
      const { execution } = (await ask("start-next", {})) as { execution?: { jobId: string; versionNumber: number } };
      if (execution === undefined) continue;
      const { jobId } = execution;
      const told: Told = { accepted: { versionNumber: execution.versionNumber, status: "IN_PROGRESS", note: undefined }, asked: undefined };
      const known = memory.executions.get(`${jobId}/${thing}`);
      // Started before the death of the service, and not ended since: its details are still there.
      if (known !== undefined) told.accepted = { ...known.accepted, versionNumber: execution.versionNumber };
      memory.executions.set(`${jobId}/${thing}`, told);
      memory.touched.add(`${jobId}/${thing}`);
      for (const status of ["IN_PROGRESS", "SUCCEEDED"]) {
        const note = String(++memory.made);
        told.asked = { status, note };
        const reply = await ask(`${jobId}/update`, { status, statusDetails: { note }, includeJobExecutionState: true });
        const { versionNumber } = reply["executionState"] as { versionNumber: number };
        told.accepted = { versionNumber, status, note };
        told.asked = undefined;
      }
    }
  }

  const working = [...memory.things.map((thing) => work(thing)), create(), create()];
  const failures: unknown[] = [];
  for (const one of working) {
    one.catch((error: unknown) => {
      if (!gone) failures.push(error);
      reach();
    });
  }
  return {
    reached,
    async kill() {
      gone = true;
      await service.kill();
      caller.end();
      await made.end();
      if (failures.length > 0) throw failures[0];
    },
  };
}

/** Compares what a service knows with what it said before it died, and takes its word for what was left open. */
export async function check(service: ServiceProcess, memory: Memory): Promise<void> {
  const caller = callerOf(service);
  for (const jobId of memory.unanswered) {
    const { status } = await caller.call("GET", `/jobs/${jobId}`);
    if (status === 200) spokenOf(memory, jobId);
    else if (status !== 404) throw new Error(`${jobId}: ${status}`);
  }
  memory.unanswered.clear();
  const jobs = new Set([...memory.touched].map((key) => key.slice(0, key.indexOf("/"))));
  for (const jobId of jobs) await checkJob(caller, jobId, memory);
  for (const key of memory.touched) if (!key.endsWith("/")) await checkExecution(caller, key, memory.executions.get(key));
  memory.touched.clear();
  caller.end();
}

/** A job is there with its document and the executions of all things, and adds them up rightly. */
async function checkJob(caller: Caller, jobId: string, { things }: Memory): Promise<void> {
  const { job } = (await ok(caller, "GET", `/jobs/${jobId}`)) as { job: { status: string; jobProcessDetails: Record<string, number> } };
  const { document } = await ok(caller, "GET", `/jobs/${jobId}/job-document`);
  const { executionSummaries } = (await ok(caller, "GET", `/jobs/${jobId}/things`)) as {
    executionSummaries: { thingArn: string; jobExecutionSummary: { status: string } }[];
  };
  const statuses = executionSummaries.map(({ jobExecutionSummary }) => jobExecutionSummary.status);
  const how = (status: string): number => statuses.filter((one) => one === status).length;
  const found = {
    document,
    things: executionSummaries.map(({ thingArn }) => thingArn.slice(thingArn.indexOf("/") + 1)).sort(),
    status: job.status,
    queued: job.jobProcessDetails["numberOfQueuedThings"] ?? 0,
    running: job.jobProcessDetails["numberOfInProgressThings"] ?? 0,
    succeeded: job.jobProcessDetails["numberOfSucceededThings"] ?? 0,
  };
  expect(found, jobId).toEqual({
    document: `{"job":"${jobId}"}`,
    things: [...things].sort(),
    status: how("SUCCEEDED") === things.length ? "COMPLETED" : "IN_PROGRESS",
    queued: how("QUEUED"),
    running: how("IN_PROGRESS"),
    succeeded: how("SUCCEEDED"),
  });
}

async function checkExecution(caller: Caller, key: string, told: Told | undefined): Promise<void> {
  const [jobId = "", thing = ""] = key.split("/");
  if (told === undefined) throw new Error(`nothing was told of ${key}`);
  const { execution } = (await ok(caller, "GET", `/things/${thing}/jobs/${jobId}`)) as {
    execution: { status: string; versionNumber: number; statusDetails?: { detailsMap: { note?: string } } };
  };
  const { status, versionNumber, statusDetails } = execution;
  const found = { versionNumber, status, note: statusDetails?.detailsMap.note };
  const { accepted, asked } = told;
  const possible = asked === undefined ? [accepted] : [accepted, { versionNumber: accepted.versionNumber + 1, ...asked }];
  expect(possible, key).toContainEqual(found);
  told.accepted = found;
  told.asked = undefined;
}
