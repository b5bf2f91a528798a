/** One job for a group of 10,000 things. */
import { startChild } from "./child";
import type { DevicesCalls } from "./devices-process";
import type { ServiceCalls } from "./service-process";

export const thingCount = 10_000;
const pauseMs = 20;

export interface GroupJob {
  /** From the call of CreateJob until DescribeJob counts all things as queued. */
  readonly queuedEverywhereMs: number;
  /** By how much the service's memory grew at most meanwhile, things and group already there. */
  readonly memoryGrowthBytes: number;
}

/** With a data folder when one is given. */
export async function measureGroupJob(data?: string): Promise<GroupJob> {
  const service = startChild<ServiceCalls>("./service-process.ts");
  const caller = startChild<DevicesCalls>("./devices-process.ts");
  try {
    const { https, ca } = await service.call("start", { data });
    await caller.call("openControl", https, ca);
    await service.call("addThings", "thing", thingCount);
    await service.call("addGroup", "all", "thing", thingCount);
    const queued = async (): Promise<number> => {
      const { job } = (await caller.call("call", "GET", "/jobs/everywhere")) as {
        job: { jobProcessDetails: { numberOfQueuedThings: number } };
      };
      return job.jobProcessDetails.numberOfQueuedThings;
    };
    // Its answer tells that all things are kept, and that the connection is open.
    await caller.call("call", "GET", "/things");
    await service.call("collectGarbage");
    const before = await service.call("usage");
    const targets = ["arn:aws:iot:us-east-1:123456789012:thinggroup/all"];
    const startMs = performance.now();
    await caller.call("call", "PUT", "/jobs/everywhere", { targets, document: '{"action":"blink"}' });
    while ((await queued()) < thingCount) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const queuedEverywhereMs = performance.now() - startMs;
    const after = await service.call("usage");
    return { queuedEverywhereMs, memoryGrowthBytes: Math.max(0, after.peakRssBytes - before.rssBytes) };
  } finally {
    await caller.end();
    await service.end();
  }
}
