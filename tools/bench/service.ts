/** All that is measured of the Jobs service, in memory and with a data folder, beside brokers alone. */
import { temporaryFolder } from "./cleanup";
import { syncedWriteMs } from "./disk";
import { measureGroupJob, type GroupJob } from "./group";
import { measureHistory, type History } from "./history";
import { measureBroker, measureFleet, measureMosquitto, type Exchanges, type Fleet } from "./updates";

/** The service in one of its two ways to live. */
export interface ServiceNumbers extends Fleet {
  readonly groupJob: GroupJob;
  readonly history: History;
}

export interface JobsServiceNumbers {
  /** The service's broker library alone, same devices, one message in and one out. */
  readonly broker: Exchanges;
  readonly mosquitto?: Exchanges & { readonly version: string };
  readonly memory: ServiceNumbers;
  readonly data: ServiceNumbers;
  /** One small synced write on the disk of the data folder. */
  readonly syncedWriteMs: number;
}

/** What README says is to be reached. */
export const serviceGoals = { shareOfBroker: 0.5, queuedEverywhereMs: 5000, memoryGrowthBytes: 300e6, growthOfCost: 1.25 };

/** `progress` hears what is being measured. */
export async function measureJobsService(progress: (line: string) => void): Promise<JobsServiceNumbers> {
  progress("the broker library alone");
  const broker = await measureBroker();
  progress("mosquitto");
  const mosquitto = await measureMosquitto();
  const memory = await measureMode("in memory", () => undefined, progress);
  const folders = temporaryFolder();
  let made = 0;
  const data = await measureMode("with a data folder", () => `${folders.dir}/${made++}`, progress);
  const writeMs = syncedWriteMs(folders.dir);
  folders.remove();
  return { broker, ...(mosquitto !== undefined && { mosquitto }), memory, data, syncedWriteMs: writeMs };
}

async function measureMode(name: string, folder: () => string | undefined, progress: (line: string) => void): Promise<ServiceNumbers> {
  progress(`the service ${name}: devices at work`);
  const fleet = await measureFleet(folder());
  progress(`the service ${name}: a job for 10,000 things`);
  const groupJob = await measureGroupJob(folder());
  progress(`the service ${name}: 100,000 finished jobs`);
  return { ...fleet, groupJob, history: await measureHistory(folder()) };
}

/** What the service gets done against the broker alone, as a share of its rate and of its thrift with processor time. */
export interface Share {
  readonly byRate: number;
  readonly byCpu: number | undefined;
  /** The lesser: where devices or other programs slow both down, the rates alone flatter. */
  readonly least: number;
}

export function shareOfBroker({ updates }: Fleet, broker: Exchanges): Share {
  const [own, alone] = [updates.serverCpuMicroseconds, broker.serverCpuMicroseconds];
  const byRate = updates.perSecond / broker.perSecond;
  const byCpu = own === undefined || alone === undefined ? undefined : alone / own;
  return { byRate, byCpu, least: Math.min(byRate, byCpu ?? byRate) };
}

/** What a job costs after 100,000 finished ones, against 1,000. */
export function growthOfCost({ few, many }: History): number {
  return many.serverCpuMsPerJob / few.serverCpuMsPerJob;
}
