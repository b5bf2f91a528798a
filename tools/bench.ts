/** make bench: measures what README promises. With --json: one JSON object, nothing else. */
import { cpus } from "node:os";
import { buildIfStale } from "./bundle/bundle";
import { agentBundle } from "./bundle/targets";
import { describeSizes, measure } from "./bundle/size";
import { measureMessages } from "./bench/messages";
import { editToRunning, timeToConnected } from "./bench/programs";
import { measureJobsService } from "./bench/service";
import { describeJobsService } from "./bench/service-report";
import { jobsPerSecond, roundTripsPerSecond } from "./bench/throughput";
import { sentenceOf } from "./cli/failing";
import { printJson, table } from "./cli/output";

const json = process.argv.includes("--json");
const say = (line: string): void => void (json ? undefined : process.stdout.write(`${line}\n`));

async function bench(): Promise<void> {
  const machine = `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}`;
  say(`${machine}\n`);
  const built = buildIfStale(agentBundle);
  if (!built.ok) throw new Error(built.problems.join("\n"));
  const sizes = measure(agentBundle);
  say(`${describeSizes(sizes)}\n`);

  const messages = await measureMessages();
  const rows = messages.map((cost) => [
    cost.job,
    String(cost.published),
    String(cost.received),
    String(cost.progress),
    cost.seconds.toFixed(1),
  ]);
  say(`${table(["MESSAGES PER JOB", "PUBLISHED", "RECEIVED", "OF IT PROGRESS", "SECONDS"], rows)}\n`);

  const connectedMs = await timeToConnected();
  say(`from "make up" to a connected board     ${(connectedMs / 1000).toFixed(2)} s`);
  const edits = await editToRunning();
  say(`from an edit to a board that runs it  ${edits.map((seconds) => seconds.toFixed(2)).join(", ")} s`);

  const roundTrips = await roundTripsPerSecond();
  const jobs = await jobsPerSecond();
  say(`jobs per second, 100 Node agents      ${jobs.toFixed(0)}`);
  say(`plain round trips of the broker       ${roundTrips.toFixed(0)} per second; a job for ${(roundTrips / jobs).toFixed(1)} of them`);

  const jobsService = await measureJobsService((line) => process.stderr.write(`measuring ${line}\n`));
  say(`\n${describeJobsService(jobsService)}`);
  if (json) {
    const work = { jobsPerSecond: jobs, roundTripsPerSecond: roundTrips, jobsService };
    printJson({ machine, sizes, messages, connectedMs, editToRunningSeconds: edits, ...work });
  }
}

bench().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`bench: ${sentenceOf(error)}\n`);
    process.exit(1);
  },
);
