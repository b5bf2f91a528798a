/** The Jobs service in a process of its own. */
import { startJobsService, type JobsService } from "../jobs-service";
import { answerCalls } from "./child";
import { collectGarbage, usage } from "./usage";

export interface ServiceAddress {
  readonly mqttPort: number;
  readonly https: string;
  readonly ca: string;
  /** How long it took to start, modules already loaded. */
  readonly startMs: number;
}

let service: JobsService | undefined;

function running(): JobsService {
  if (service === undefined) throw new Error("the service was not started");
  return service;
}

const calls = {
  async start({ data }: { readonly data?: string | undefined }): Promise<ServiceAddress> {
    const startMs = performance.now();
    service = await startJobsService({
      ports: { mqtt: 0, mqtts: false, https: 0 },
      ...(data !== undefined && { data }),
      log: (line) => process.stderr.write(`${line}\n`),
    });
    const { mqtt = "", https = "" } = service.urls;
    return { mqttPort: Number(new URL(mqtt).port), https, ca: service.ca, startMs: performance.now() - startMs };
  },
  /** Registers things PREFIX-0 to PREFIX-(count - 1). */
  addThings(prefix: string, count: number): void {
    for (let n = 0; n < count; n++) running().rules.createThing(`${prefix}-${n}`);
  },
  addGroup(groupName: string, prefix: string, count: number): void {
    const { rules } = running();
    rules.createThingGroup(groupName);
    for (let n = 0; n < count; n++) rules.addThingToThingGroup(groupName, `${prefix}-${n}`);
  },
  /** Creates jobs PREFIX-FROM and on, one after another, and lets the things do each at once. */
  finishJobs(prefix: string, from: number, count: number, things: string, thingCount: number): void {
    const { rules } = running();
    const succeeded = Buffer.from('{"status":"SUCCEEDED"}');
    for (let n = from; n < from + count; n++) {
      const thingName = `${things}-${n % thingCount}`;
      const jobId = `${prefix}-${n}`;
      rules.createJob({ jobId, targets: [rules.thingArn(thingName)], document: '{"action":"describe"}' });
      const { reply } = rules.request(thingName, `${jobId}/update`, succeeded);
      if (!reply.topic.endsWith("/accepted")) throw new Error(reply.payload);
    }
  },
  usage,
  collectGarbage,
  async stop(): Promise<void> {
    await service?.stop();
    service = undefined;
  },
};

export type ServiceCalls = typeof calls;
answerCalls(calls);
