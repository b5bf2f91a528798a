/** A service on a real HTTPS port and AWS's own clients, which trust its CA and know nothing else of it. */
import { Agent } from "node:https";
import { IoTClient } from "@aws-sdk/client-iot";
import { IoTJobsDataPlaneClient } from "@aws-sdk/client-iot-jobs-data-plane";
import { afterEach, beforeEach } from "vitest";
import { startJobsService, type JobsService, type JobsServiceOptions } from "../../tools/jobs-service";
import { VirtualTime } from "../../tools/time";

export const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
/** Where the virtual clock stands at first, as the SDK gives times. */
export const startDate = new Date(1_700_000_000_000);

export interface AwsClients {
  service: JobsService;
  time: VirtualTime;
  iot: IoTClient;
  data: IoTJobsDataPlaneClient;
  /** Clients of the same service with other keys, or with a device's certificate. */
  others(options: { secret?: string; key?: string; certificate?: string }): { iot: IoTClient; data: IoTJobsDataPlaneClient };
}

/** Starts and ends a service around each test of a file. It knows one secret and verifies every signature. */
export function aroundEachTest(options: JobsServiceOptions = {}): AwsClients {
  const at = {} as AwsClients;
  let ends: (() => void)[] = [];
  beforeEach(async () => {
    at.time = new VirtualTime();
    at.service = await startJobsService({ time: at.time, ports: { mqtt: false, mqtts: false }, credentials, ...options });
    const { ca, urls } = at.service;
    at.others = ({ secret = credentials.secretAccessKey, key, certificate }) => {
      const identity = certificate === undefined ? {} : { cert: certificate, key };
      const requestHandler = { httpsAgent: new Agent({ ca, ...identity }) };
      // One attempt: the clients would wait before they repeat what was throttled or failed.
      const config = {
        region: "eu-west-1",
        endpoint: urls.https ?? "",
        credentials: { ...credentials, secretAccessKey: secret },
        maxAttempts: 1,
        requestHandler,
      };
      const made = { iot: new IoTClient(config), data: new IoTJobsDataPlaneClient(config) };
      ends.push(() => {
        made.iot.destroy();
        made.data.destroy();
      });
      return made;
    };
    Object.assign(at, at.others({}));
  });
  afterEach(async () => {
    for (const end of ends) end();
    ends = [];
    await at.service.stop();
  });
  return at;
}
