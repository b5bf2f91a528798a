/** The numbers of the Jobs service as a table for people. */
import { table } from "../cli/output";
import { growthOfCost, shareOfBroker, type JobsServiceNumbers, type ServiceNumbers } from "./service";
import type { Exchanges } from "./updates";

const rate = ({ perSecond }: Exchanges): string => perSecond.toFixed(0);
const cpu = ({ serverCpuMicroseconds }: Exchanges): string => serverCpuMicroseconds?.toFixed(0) ?? "";
const ms = (value: number): string => `${value.toFixed(1)} ms`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const percent = (share: number | undefined): string => (share === undefined ? "" : `${(100 * share).toFixed(0)} %`);

/** Two tables: messages a second, and times. */
export function describeJobsService(numbers: JobsServiceNumbers): string {
  const { broker, mosquitto, memory, data } = numbers;
  const messages = table(
    ["MESSAGES, 1,000 DEVICES", "PER SECOND", "CPU MICROSECONDS EACH", "SHARE OF BROKER", "BY CPU"],
    [
      ["broker library alone, round trips", rate(broker), cpu(broker), "", ""],
      mosquitto === undefined
        ? ["mosquitto is not installed", "", "", "", ""]
        : [`mosquitto ${mosquitto.version}, round trips`, rate(mosquitto), cpu(mosquitto), "", ""],
      ["accepted updates, in memory", rate(memory.updates), cpu(memory.updates), ...shares(memory, broker)],
      ["accepted updates, with --data", rate(data.updates), cpu(data.updates), ...shares(data, broker)],
    ],
  );
  const row = (what: string, of: (mode: ServiceNumbers) => string): string[] => [what, of(memory), of(data)];
  const times = table(
    ["THE SERVICE", "IN MEMORY", "WITH --data"],
    [
      row("CreateJob to notify-next, median", ({ notifyMs }) => ms(notifyMs.p50)),
      row("CreateJob to notify-next, 99 of 100", ({ notifyMs }) => ms(notifyMs.p99)),
      row("a job queued on 10,000 things", ({ groupJob }) => ms(groupJob.queuedEverywhereMs)),
      row("  its memory", ({ groupJob }) => megabytes(groupJob.memoryGrowthBytes)),
      row("a job after 1,000 others", ({ history }) => `${ms(history.few.msPerJob)}, ${ms(history.few.serverCpuMsPerJob)} of CPU`),
      row("a job after 100,000 others", ({ history }) => `${ms(history.many.msPerJob)}, ${ms(history.many.serverCpuMsPerJob)} of CPU`),
      row("  growth of its CPU time", ({ history }) => `${growthOfCost(history).toFixed(2)} times`),
      row("ListJobs after 1,000 jobs", ({ history }) => ms(history.few.listJobsMs)),
      row("ListJobs after 100,000 jobs", ({ history }) => ms(history.many.listJobsMs)),
      row("start with 100,000 finished jobs", ({ history: { restart } }) => (restart === undefined ? "" : ms(restart.startMs))),
      row("  memory then, of it in use", ({ history: { restart } }) =>
        restart === undefined ? "" : `${megabytes(restart.rssBytes)}, ${megabytes(restart.heapBytes)}`,
      ),
      ["one synced write of the disk", "", ms(numbers.syncedWriteMs)],
    ],
  );
  return `${messages}\n\nAn accepted update is one PUBLISH in and one out, as is a round trip; all at QoS 1, one under way for each device.\n\n${times}`;
}

function shares(mode: ServiceNumbers, broker: Exchanges): string[] {
  const { byRate, byCpu } = shareOfBroker(mode, broker);
  return [percent(byRate), percent(byCpu)];
}
