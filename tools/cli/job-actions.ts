/** What the `job` commands do. Loaded when one of them runs: the AWS SDK takes a moment to load. */
import {
  CancelJobCommand,
  CreateJobCommand,
  DescribeThingCommand,
  DescribeThingGroupCommand,
  paginateListJobs,
  paginateListThings,
  type IoTClient,
  type JobSummary,
} from "@aws-sdk/client-iot";
import { openCloud, type Cloud, type CloudOptions } from "./cloud";
import { WrongUsage } from "./failing";
import { isOpen, showJob, standings, waitForEnd } from "./executions";
import { newJobId, readDocument } from "./job-document";
import { prepareOta } from "./ota-document";
import { paintStatus, printJson, table } from "./output";

interface Common extends CloudOptions {
  readonly json?: boolean;
}

interface CreateOptions extends Common {
  readonly thing: string[];
  readonly group: string[];
  readonly id?: string;
  readonly role?: string;
  readonly wait?: boolean;
  readonly timeout: number;
  readonly ota?: string;
  readonly url?: string;
  readonly bucket?: string;
}

/** The ARNs of what was named; of every thing of a local service when nothing was. */
async function targetsOf({ iot }: Cloud, options: CreateOptions): Promise<string[]> {
  const arns: (string | undefined)[] = [];
  for (const thingName of options.thing) arns.push((await iot.send(new DescribeThingCommand({ thingName }))).thingArn);
  for (const thingGroupName of options.group) arns.push((await iot.send(new DescribeThingGroupCommand({ thingGroupName }))).thingGroupArn);
  const named = arns.filter((arn) => arn !== undefined);
  if (named.length > 0) return named;
  // A whole account's devices are not to be had by leaving a word out.
  if (options.aws === true) throw new WrongUsage("say for which device: --thing NAME or --group NAME");
  return everyThing(iot);
}

const maxTargets = 100;

async function everyThing(client: IoTClient): Promise<string[]> {
  const arns: string[] = [];
  for await (const { things } of paginateListThings({ client }, {})) arns.push(...(things ?? []).map(({ thingArn = "" }) => thingArn));
  if (arns.length === 0) throw new WrongUsage("there is no thing yet: name one with --thing");
  if (arns.length > maxTargets)
    throw new WrongUsage(`there are ${arns.length} things and a job has ${maxTargets} targets at most: name a --group`);
  return arns;
}

function nameIn(arn: string): string {
  return arn.slice(arn.indexOf("/") + 1);
}

const roleForm = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;

/** Looks at all that was given before anything is changed anywhere. The result gives the document that was given, or that of a firmware. */
function documentOf(words: readonly string[], options: CreateOptions): (cloud: Cloud) => Promise<string> {
  const { ota, role, id } = options;
  if (ota === undefined ? words.length === 0 : words.length > 0)
    throw new WrongUsage("say what the job is: a document such as blink count=5, or --ota with the manifest.json of a firmware");
  if (ota === undefined && (options.url !== undefined || options.bucket !== undefined))
    throw new WrongUsage("--url and --bucket say where the image of --ota is: name its manifest.json with --ota");
  // AWS IoT, CreateJob.
  if (id !== undefined && !/^[a-zA-Z0-9_-]{1,64}$/.test(id))
    throw new WrongUsage(`--id must have 1 to 64 letters, digits, hyphens or underscores, and is "${id}"`);
  if (role !== undefined && !roleForm.test(role))
    throw new WrongUsage(`--role must be an ARN such as arn:aws:iam::123456789012:role/read-firmware, and is "${role}"`);
  if (ota !== undefined) {
    const bring = prepareOta(ota, options);
    return async ({ iot }) => bring(await iot.config.region());
  }
  const document = readDocument(words);
  return () => Promise.resolve(document);
}

export async function create(words: string[], options: CreateOptions): Promise<void> {
  const prepared = documentOf(words, options);
  const cloud = await openCloud(options);
  const targets = await targetsOf(cloud, options);
  const document = await prepared(cloud);
  const jobId = options.id ?? newJobId(document);
  const { role: roleArn } = options;
  const signing = roleArn === undefined ? {} : { presignedUrlConfig: { roleArn } };
  await cloud.iot.send(new CreateJobCommand({ jobId, targets, document, ...signing }));
  if (options.wait !== true) {
    if (options.json === true) printJson({ jobId, targets: targets.map(nameIn) });
    else process.stdout.write(`${jobId} created for ${targets.map(nameIn).join(", ")}\n`);
    return;
  }
  const ended = await waitForEnd(cloud, jobId, options.timeout);
  if (!ended) process.stderr.write(`esp32-jobs: ${jobId} has not ended after ${options.timeout} s\n`);
  await showJob(cloud, jobId, options.json === true);
  process.exitCode = ended && (await standings(cloud, jobId)).every(({ status }) => status === "SUCCEEDED") ? 0 : 1;
}

export async function list(options: Common & { readonly limit: number }): Promise<void> {
  const { iot } = await openCloud(options);
  const found: JobSummary[] = [];
  for await (const { jobs } of paginateListJobs({ client: iot, pageSize: Math.min(options.limit, 250) }, {})) {
    found.push(...(jobs ?? []));
    if (found.length >= options.limit) break;
  }
  const shown = found.slice(0, options.limit);
  if (options.json === true) return printJson(shown);
  if (shown.length === 0) return void process.stdout.write("no jobs yet\n");
  const rows = shown.map(({ jobId = "", status = "", createdAt }) => [jobId, paintStatus(status), createdAt?.toISOString() ?? ""]);
  process.stdout.write(`${table(["JOB", "STATUS", "CREATED"], rows)}\n`);
}

export async function cancel(jobId: string, options: Common & { readonly force?: boolean }): Promise<void> {
  const cloud = await openCloud(options);
  await cloud.iot.send(new CancelJobCommand({ jobId, force: options.force === true }));
  const running = (await standings(cloud, jobId)).filter(isOpen).map(({ thingName }) => thingName);
  if (options.json === true) return printJson({ jobId, status: "CANCELED", inProgress: running });
  process.stdout.write(`${jobId} is cancelled\n`);
  if (running.length > 0)
    process.stdout.write(`It is in progress on ${running.join(", ")} and goes on there to its end; --force would have stopped it.\n`);
}

export async function show(jobId: string, options: Common): Promise<void> {
  await showJob(await openCloud(options), jobId, options.json === true);
}
