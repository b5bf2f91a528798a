/** A Jobs service with its ports over TLS and one provisioned thing, for tests with AWS's own clients. */
import { afterEach, beforeEach } from "vitest";
import { startJobsService, type JobsService, type JobsServiceOptions } from "../../tools/jobs-service";

export const thing = "lamp-01";

/** What belongs to the test that runs. */
export interface SecuredService {
  service: JobsService;
  identity: Awaited<ReturnType<JobsService["provision"]>>;
  /** Why connections were refused or ended. */
  log: string[];
  mqtts: URL;
  https: URL;
}

/** Starts and ends a service around each test of a file. */
export function securedAroundEachTest(options: JobsServiceOptions = {}): SecuredService {
  const at = {} as SecuredService;
  beforeEach(async () => {
    at.log = [];
    at.service = await startJobsService({ ports: { mqtt: false }, ...options, log: (line) => at.log.push(line) });
    at.identity = await at.service.provision(thing);
    at.mqtts = new URL(at.service.urls.mqtts ?? "");
    at.https = new URL(at.service.urls.https ?? "");
  });
  afterEach(() => at.service.stop());
  return at;
}

export function createJob({ service }: SecuredService, jobId: string, document: object = { operation: "blink" }): void {
  service.rules.createJob({ jobId, targets: [service.rules.thingArn(thing)], document: JSON.stringify(document) });
}

export function statusOf({ service }: SecuredService, jobId: string): string {
  return service.rules.describeExecution(thing, jobId).status;
}
