/** esp32-jobs board list: the things of the service, or of an AWS account, and what is pending on each. */
import { ListJobExecutionsForThingCommand, paginateListThings, type JobExecutionStatus } from "@aws-sdk/client-iot";
import { openCloud, type Cloud, type CloudOptions } from "./cloud";
import { printJson, table } from "./output";

interface Pending {
  readonly jobId: string | undefined;
  readonly status: JobExecutionStatus;
}

async function pendingOf({ iot }: Cloud, thingName: string): Promise<Pending[]> {
  const found: Pending[] = [];
  for (const status of ["IN_PROGRESS", "QUEUED"] as const) {
    const { executionSummaries } = await iot.send(new ListJobExecutionsForThingCommand({ thingName, status }));
    found.push(...(executionSummaries ?? []).map(({ jobId }) => ({ jobId, status })));
  }
  return found;
}

export interface ListOptions extends CloudOptions {
  readonly json?: boolean;
  readonly limit: number;
}

/** One call gives a page of things, but two more are needed for each thing: AWS allows ten a second. */
export async function listBoards(options: ListOptions): Promise<void> {
  const cloud = await openCloud(options);
  const boards: { thingName: string; attributes: Record<string, string>; pending: Pending[] }[] = [];
  for await (const { things } of paginateListThings({ client: cloud.iot, pageSize: Math.min(options.limit, 250) }, {})) {
    for (const { thingName = "", attributes = {} } of (things ?? []).slice(0, options.limit - boards.length)) {
      boards.push({ thingName, attributes, pending: await pendingOf(cloud, thingName) });
    }
    if (boards.length >= options.limit) break;
  }
  if (options.json === true) return printJson(boards);
  if (boards.length === 0) return void process.stdout.write("no things yet\n");
  const rows = boards.map(({ thingName, attributes, pending }) => [
    thingName,
    pending.map(({ jobId = "", status }) => `${jobId} (${status})`).join("\n"),
    Object.entries(attributes)
      .map(([key, value]) => `${key}: ${value}`)
      .join("\n"),
  ]);
  process.stdout.write(`${table(["THING", "PENDING JOBS", "ATTRIBUTES"], rows)}\n`);
}
