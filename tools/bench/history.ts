/** What a job costs as finished jobs accumulate, and what it takes to start again with all of them. */
import { startChild, type Child } from "./child";
import type { DevicesCalls } from "./devices-process";
import type { ServiceCalls } from "./service-process";

export const fewFinished = 1000;
export const manyFinished = 100_000;
const thingCount = 100;
const deviceCount = 8;
const measuredJobs = 1000;
const warmUpJobs = 500;
/** So many jobs between two waits for the disk. */
const chunk = 1000;
const listCalls = 20;

/** Of one job: created, described, done; 8 devices at a time, over HTTPS and MQTT. */
export interface JobCosts {
  readonly finishedJobs: number;
  readonly msPerJob: number;
  /** Processor time of the service. */
  readonly serverCpuMsPerJob: number;
  /** The first page of ListJobs. */
  readonly listJobsMs: number;
}

/** A service that starts with many finished jobs in its data folder. */
export interface Restart {
  readonly startMs: number;
  readonly rssBytes: number;
  /** What of it is in use. */
  readonly heapBytes: number;
}

export interface History {
  readonly few: JobCosts;
  readonly many: JobCosts;
  readonly restart?: Restart;
}

type Service = Child<ServiceCalls>;
type Devices = Child<DevicesCalls>;

/** With a data folder when one is given, and then with a restart. */
export async function measureHistory(data?: string): Promise<History> {
  const { few, many } = await withService(data, async (service, devices) => {
    let finished = 0;
    const finish = async (until: number): Promise<void> => {
      while (finished < until) {
        const count = Math.min(chunk, until - finished);
        await service.call("finishJobs", "past", finished, count, "worker", thingCount);
        // Its answer leaves only when all of that is kept.
        await devices.call("call", "GET", "/jobs/past-0");
        finished += count;
      }
    };
    await finish(fewFinished);
    await devices.call("doJobs", "warm-up", warmUpJobs);
    const before = await costs(service, devices, finished, "early");
    await finish(manyFinished);
    await service.call("collectGarbage");
    return { few: before, many: await costs(service, devices, finished, "late") };
  });
  return data === undefined ? { few, many } : { few, many, restart: await restart(data) };
}

async function costs(service: Service, devices: Devices, finishedJobs: number, prefix: string): Promise<JobCosts> {
  const { cpuMs: beforeMs } = await service.call("usage");
  const seconds = await devices.call("doJobs", prefix, measuredJobs);
  const { cpuMs: afterMs } = await service.call("usage");
  return {
    finishedJobs,
    msPerJob: (seconds * 1000) / measuredJobs,
    serverCpuMsPerJob: (afterMs - beforeMs) / measuredJobs,
    listJobsMs: await devices.call("timeOf", "/jobs?maxResults=50", listCalls),
  };
}

async function withService<T>(data: string | undefined, work: (service: Service, devices: Devices) => Promise<T>): Promise<T> {
  const service = startChild<ServiceCalls>("./service-process.ts");
  const devices = startChild<DevicesCalls>("./devices-process.ts");
  try {
    const { mqttPort, https, ca } = await service.call("start", { data });
    await service.call("addThings", "worker", thingCount);
    await devices.call("connect", mqttPort, "service", "worker", deviceCount);
    await devices.call("openControl", https, ca);
    const result = await work(service, devices);
    await service.call("stop");
    return result;
  } finally {
    await devices.end();
    await service.end();
  }
}

async function restart(data: string): Promise<Restart> {
  const service = startChild<ServiceCalls>("./service-process.ts");
  try {
    const { startMs } = await service.call("start", { data });
    const { rssBytes } = await service.call("usage");
    await service.call("collectGarbage");
    const { heapBytes } = await service.call("usage");
    return { startMs, rssBytes, heapBytes };
  } finally {
    await service.end();
  }
}
