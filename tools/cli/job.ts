/** esp32-jobs job …: create, list, show and cancel jobs. */
import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { controlPlane, thingArn, type ControlPlane, type ExecutionDetail } from "./control-plane";
import { WrongUsage } from "./failing";
import { paintStatus, printJson, table } from "./output";
import { defaultPlace, findService } from "./place";

interface Common {
  readonly dir: string;
  readonly json?: boolean;
}

function open(options: Common): ControlPlane {
  return controlPlane(findService(options.dir));
}

/** A document as the command line gives it: JSON, @FILE, or the short form `blink count=5`. */
export function readDocument(words: readonly string[]): string {
  const first = words[0] ?? "";
  const source = first.startsWith("@") ? readText(first.slice(1)) : /^[{[]/.test(first) ? words.join(" ") : shortForm(words);
  try {
    JSON.parse(source);
  } catch (error) {
    throw new WrongUsage(`the job document is not JSON: ${(error as Error).message}`);
  }
  return source;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new WrongUsage(`the file "${file}" cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown reason"}`);
  }
}

// Digits alone are a number, unless they stand in quotes: version='"2"'.
function shortForm([action, ...fields]: readonly string[]): string {
  const document: Record<string, unknown> = { action };
  for (const field of fields) {
    const equals = field.indexOf("=");
    if (equals < 1) throw new WrongUsage(`"${field}" is not of the form NAME=VALUE`);
    const value = field.slice(equals + 1);
    document[field.slice(0, equals)] = /^-?\d+$/.test(value) ? Number(value) : /^".*"$/.test(value) ? value.slice(1, -1) : value;
  }
  return JSON.stringify(document);
}

function newJobId(document: string): string {
  const action = (JSON.parse(document) as { action?: unknown }).action;
  const word = typeof action === "string" ? action.replace(/[^a-zA-Z0-9_-]/g, "-").slice(0, 40) : "job";
  return `${word}-${Date.now().toString(36)}`;
}

interface CreateOptions extends Common {
  readonly thing: string[];
  readonly id?: string;
  readonly wait?: boolean;
  readonly timeout: number;
}

async function create(words: string[], options: CreateOptions): Promise<void> {
  const document = readDocument(words);
  const plane = open(options);
  const jobId = options.id ?? newJobId(document);
  const targets = options.thing.length > 0 ? options.thing : await plane.listThings();
  if (targets.length === 0) throw new WrongUsage("there is no thing yet: name one with --thing");
  await plane.createJob(jobId, targets.map(thingArn), document);
  if (options.wait !== true) {
    if (options.json === true) printJson({ jobId, targets });
    else process.stdout.write(`${jobId} created for ${targets.join(", ")}\n`);
    return;
  }
  const ended = await waitForEnd(plane, jobId, options.timeout);
  if (!ended) process.stderr.write(`esp32-jobs: ${jobId} has not ended after ${options.timeout} s\n`);
  await showJob(plane, jobId, options.json === true);
  const executions = await plane.listExecutions(jobId);
  process.exitCode = ended && executions.every(({ status }) => status === "SUCCEEDED") ? 0 : 1;
}

const tellEveryMs = 5000;

/** Polls until every execution has ended. False when `seconds` pass before that. */
async function waitForEnd(plane: ControlPlane, jobId: string, seconds: number): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  let tellAt = Date.now() + tellEveryMs;
  while (Date.now() < deadline) {
    const executions = await plane.listExecutions(jobId);
    const open = executions.filter(({ status }) => status === "QUEUED" || status === "IN_PROGRESS");
    if (open.length === 0) return true;
    if (Date.now() >= tellAt) {
      process.stderr.write(`waiting for ${open.map(({ thingName, status }) => `${thingName} (${status})`).join(", ")}\n`);
      tellAt += tellEveryMs;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return false;
}

async function list(options: Common): Promise<void> {
  const plane = open(options);
  const jobs = await plane.listJobs();
  if (options.json === true) return printJson(jobs);
  if (jobs.length === 0) process.stdout.write("no jobs yet\n");
  else
    process.stdout.write(
      `${table(
        ["JOB", "STATUS", "CREATED"],
        jobs.map((job) => [job.jobId, paintStatus(job.status), new Date(job.createdAt * 1000).toISOString()]),
      )}\n`,
    );
}

async function showJob(plane: ControlPlane, jobId: string, json: boolean): Promise<void> {
  const job = await plane.describeJob(jobId);
  const document = await plane.jobDocument(jobId);
  const executions: ({ readonly thingName: string } & ExecutionDetail)[] = [];
  for (const { thingName } of await plane.listExecutions(jobId))
    executions.push({ thingName, ...(await plane.describeExecution(thingName, jobId)) });
  if (json) return printJson({ job, document, executions });
  process.stdout.write(`${jobId}  ${paintStatus(String(job["status"]))}\n${document}\n`);
  const rows = executions.map(({ thingName, status, statusDetails }) => [
    thingName,
    paintStatus(status),
    Object.entries(statusDetails)
      .map(([key, value]) => `${key}: ${value}`)
      .join("\n"),
  ]);
  process.stdout.write(`${table(["THING", "STATUS", "DETAILS"], rows)}\n`);
}

async function cancel(jobId: string, options: Common & { readonly force?: boolean }): Promise<void> {
  const plane = open(options);
  await plane.cancelJob(jobId, options.force === true);
  const running = (await plane.listExecutions(jobId)).filter(({ status }) => status === "IN_PROGRESS").map(({ thingName }) => thingName);
  if (options.json === true) return printJson({ jobId, status: "CANCELED", inProgress: running });
  process.stdout.write(`${jobId} is cancelled\n`);
  if (running.length > 0)
    process.stdout.write(`It is in progress on ${running.join(", ")} and goes on there to its end; --force would have stopped it.\n`);
}

const collect = (value: string, before: string[]): string[] => [...before, value];

function wholeSeconds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("must be a whole number of seconds");
  return Number(text);
}

/** The `job` command. */
export function jobCommand(): Command {
  const job = new Command("job")
    .description("create, list, show and cancel jobs")
    .addHelpText("after", "\nExample:\n  $ esp32-jobs job create blink count=5 --wait\n  $ esp32-jobs job list");
  const add = (name: string, description: string, example: string): Command =>
    job
      .command(name)
      .description(description)
      .option("--dir <folder>", "where the service was started", defaultPlace)
      .option("--json", "print JSON")
      .addHelpText("after", `\nExample:\n  $ esp32-jobs job ${example}`);
  add("create <document...>", "create a job; the document is JSON, @FILE, or ACTION NAME=VALUE…", `create blink count=5 --wait`)
    .addOption(new Option("--thing <name>", "for this thing; may be repeated").argParser(collect).default([], "every thing"))
    .option("--id <jobId>", "its name (default: made up)")
    .option("--wait", "wait until it has ended; exit code 1 unless it succeeded everywhere")
    .option("--timeout <seconds>", "how long to wait", wholeSeconds, 300)
    .action(create);
  add("list", "list jobs", "list").action(list);
  add("show <jobId>", "show a job and what became of it on each thing", "show blink-1").action(async (jobId: string, options: Common) =>
    showJob(open(options), jobId, options.json === true),
  );
  add("cancel <jobId>", "cancel a job", "cancel blink-1").option("--force", "also where it is in progress").action(cancel);
  return job;
}
