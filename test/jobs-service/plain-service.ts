/** A Jobs service with its MQTT face on a real socket and one thing, anew for each test, on a clock that stands still. */
import type { IClientOptions } from "mqtt";
import { afterEach, beforeEach } from "vitest";
import { startJobsService, type JobsService } from "../../tools/jobs-service";
import { VirtualTime } from "../../tools/time";
import { devices, type Device, type Got } from "./devices";

export const thing = "lamp-01";
/** Where the thing's Jobs topics begin. */
export const root = `$aws/things/${thing}/jobs`;

/** What belongs to the test that runs. */
export interface PlainService {
  service: JobsService;
  time: VirtualTime;
  /** Why connections were refused or ended. */
  log: string[];
  made: ReturnType<typeof devices>;
}

/** Starts and ends a service around each test of a file. */
export function aroundEachTest(): PlainService {
  const at = {} as PlainService;
  beforeEach(async () => {
    at.log = [];
    at.made = devices();
    at.time = new VirtualTime();
    at.service = await startJobsService({ time: at.time, ports: { https: false }, log: (line) => at.log.push(line) });
    at.service.rules.createThing(thing);
  });
  afterEach(async () => {
    await at.made.end();
    await at.service.stop();
  });
  return at;
}

/** A connected device, the thing itself unless another name is given. */
export function device(at: PlainService, clientId = thing, options: IClientOptions = {}): Promise<Device> {
  return at.made.connected(at.service.urls.mqtt ?? "", clientId, options);
}

export function createJob(at: PlainService, jobId = "j1", document = "{}"): void {
  at.service.rules.createJob({ jobId, targets: [at.service.rules.thingArn(thing)], document });
}

/** Tells a message on one of the thing's Jobs topics. */
export function onTopic(suffix: string): (got: Got) => boolean {
  return ({ topic }) => topic === `${root}/${suffix}`;
}
