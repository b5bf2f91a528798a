/** AWS's IoT device SDK v1 for JavaScript, as it is, against the service: its `jobs` class over mutual TLS. */
import { once, type EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { afterEach, expect, it } from "vitest";
import { createJob, securedAroundEachTest, statusOf, thing } from "./jobs-service/secured-service";

type Done = (error?: Error | null) => void;

interface Job {
  readonly id: string;
  inProgress(details: object, done: Done): void;
  failed(details: object, done: Done): void;
  succeeded(details: object, done: Done): void;
}

/** The SDK comes without types; this is what its README says of the class. */
interface Jobs extends EventEmitter {
  subscribeToJobs(thingName: string, operation: string, callback: (error: Error | null, job: Job) => void): void;
  startJobNotifications(thingName: string, done: Done): void;
  end(force: boolean, done: () => void): void;
}
const sdk = createRequire(import.meta.url)("aws-iot-device-sdk") as { jobs: new (options: object) => Jobs };

const at = securedAroundEachTest();
const devices: Jobs[] = [];
afterEach(() => Promise.all(devices.splice(0).map((device) => new Promise<void>((resolve) => device.end(true, resolve)))));

async function connected(): Promise<Jobs> {
  const { certificate, privateKey, ca } = at.identity;
  const device = new sdk.jobs({
    host: at.mqtts.hostname,
    port: Number(at.mqtts.port),
    clientId: thing,
    clientCert: Buffer.from(certificate),
    privateKey: Buffer.from(privateKey),
    caCert: Buffer.from(ca),
  });
  devices.push(device);
  await once(device, "connect");
  return device;
}

function nextJob(device: Jobs, operation: string): Promise<Job> {
  return new Promise((resolve, reject) => {
    device.subscribeToJobs(thing, operation, (error, job) => (error === null ? resolve(job) : reject(error)));
  });
}

/** Makes a call and waits for the service's answer, which this SDK never looks at although it comes. */
async function answered(jobId: string, call: (done: Done) => void): Promise<void> {
  const accepted = new Promise<void>((resolve) => {
    const stop = at.service.onTraffic(({ direction, topic }) => {
      if (direction !== "received" || topic !== `$aws/things/${thing}/jobs/${jobId}/update/accepted`) return;
      stop();
      resolve();
    });
  });
  await new Promise<void>((resolve, reject) => call((error) => (error ? reject(error) : resolve())));
  await accepted;
}

it("does a job that was created while it was away, and then one that it is told of", async () => {
  createJob(at, "early", { operation: "blink", count: 2 });
  const device = await connected();
  const [blinking, rebooting] = [nextJob(device, "blink"), nextJob(device, "reboot")];
  await new Promise<void>((resolve, reject) => device.startJobNotifications(thing, (error) => (error ? reject(error) : resolve())));
  const early = await blinking;
  expect(early).toMatchObject({ id: "early", operation: "blink", document: { count: 2 }, status: { status: "QUEUED" } });
  await answered("early", (done) => early.inProgress({ step: "one" }, done));
  expect(statusOf(at, "early")).toBe("IN_PROGRESS");
  await answered("early", (done) => early.succeeded({ step: "done" }, done));

  createJob(at, "late", { operation: "reboot" });
  const late = await rebooting;
  expect(late).toMatchObject({ id: "late", operation: "reboot" });
  await answered("late", (done) => late.failed({ reason: "not today" }, done));
  expect([statusOf(at, "early"), statusOf(at, "late")]).toEqual(["SUCCEEDED", "FAILED"]);
  expect(at.service.rules.describeExecution(thing, "late").statusDetails).toEqual({ detailsMap: { reason: "not today" } });
});
