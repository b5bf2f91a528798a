/** AWS's IoT device SDK v2 for JavaScript, as it is, against the service: both of its Jobs clients, on every road that it knows. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startCrtDevice, type CrtAddress, type CrtDevice } from "./device-sdk/crt-device";
import { failsIt, startsAJob } from "./device-sdk/older-client";
import { createJob, securedAroundEachTest, statusOf, thing } from "./jobs-service/secured-service";

const at = securedAroundEachTest();
const thingName = thing;
let device: CrtDevice;

beforeEach(() => {
  device = startCrtDevice();
});
afterEach(() => device.end());

function signed(url: URL, clientId = thing): CrtAddress {
  return { ca: at.identity.ca, clientId, hostname: url.hostname, port: Number(url.port) };
}

function certified(url: URL, clientId = thing): CrtAddress {
  return { ...signed(url, clientId), identity: at.identity };
}

const nextHead = "createNextJobExecutionChangedStream";
const nextList = "createJobExecutionsChangedStream";

async function doesOneJob(given: CrtAddress): Promise<void> {
  await device.call("device", "connect", given);
  for (const stream of [nextHead, nextList]) await device.call("device", "listen", stream, thingName);
  createJob(at, "j1", { operation: "blink", count: 3 });
  expect(await device.next(nextHead)).toMatchObject({ execution: { jobId: "j1", status: "QUEUED", jobDocument: { count: 3 } } });
  expect(await device.next(nextList)).toMatchObject({ jobs: { QUEUED: [{ jobId: "j1", versionNumber: 1 }] } });

  expect(await device.call("v2", "getPendingJobExecutions", { thingName })).toMatchObject({ queuedJobs: [{ jobId: "j1" }] });
  const started = await device.call("v2", "startNextPendingJobExecution", { thingName, statusDetails: { step: "one" } });
  expect(started).toMatchObject({ execution: { jobId: "j1", status: "IN_PROGRESS", versionNumber: 2, statusDetails: { step: "one" } } });
  expect(await device.call("v2", "describeJobExecution", { thingName, jobId: "$next" })).toMatchObject({ execution: { jobId: "j1" } });
  await device.call("v2", "updateJobExecution", { thingName, jobId: "j1", status: "SUCCEEDED", expectedVersion: 2 });
  expect(await device.next(nextHead)).not.toHaveProperty("execution");
  expect(statusOf(at, "j1")).toBe("SUCCEEDED");
}

describe("IotJobsClientv2 does a job, told by its streams", () => {
  it("over mutual TLS on the MQTT port", () => doesOneJob(certified(at.mqtts)));
  it("over mutual TLS on the HTTPS port, asked for by ALPN", () => doesOneJob(certified(at.https)));
  it("over a WebSocket signed with AWS credentials", () => doesOneJob(signed(at.https)));
});

it("IotJobsClientv2 gets the service's refusals as errors of the model", async () => {
  await device.call("device", "connect", certified(at.mqtts));
  createJob(at, "j1");
  const update = (jobId: string, more: object): Promise<unknown> =>
    device.call("v2", "updateJobExecution", { thingName, jobId, status: "IN_PROGRESS", ...more });
  const refused = (code: string, more: object = {}): object => ({ modeledError: { code, ...more } });
  await expect(update("none", {})).rejects.toMatchObject(refused("ResourceNotFound"));
  const found = { executionState: { status: "QUEUED", versionNumber: 1 } };
  await expect(update("j1", { expectedVersion: 7 })).rejects.toMatchObject(refused("VersionMismatch", found));
  await expect(update("j1", { statusDetails: { "": "x" } })).rejects.toMatchObject(refused("InvalidRequest"));
  await update("j1", {});
  await expect(update("j1", { status: "REJECTED" })).rejects.toMatchObject(refused("InvalidStateTransition"));
  await update("j1", { status: "SUCCEEDED" });
  const describing = device.call("v2", "describeJobExecution", { thingName, jobId: "j1" });
  await expect(describing).rejects.toMatchObject(refused("TerminalStateReached"));
});

it("IotJobsClient, the older one, does a job on exact topics", async () => {
  await device.call("device", "connect", certified(at.mqtts));
  await device.call("v1", "subscribeToUpdateJobExecutionRejected", { thingName, jobId: "j1" });
  await startsAJob(device, at);
  await device.call("v1", "publishUpdateJobExecution", { thingName, jobId: "j1", status: "REJECTED", clientToken: "b" });
  const refused = await device.next("subscribeToUpdateJobExecutionRejected");
  expect(refused).toMatchObject({ code: "InvalidStateTransition", clientToken: "b" });
  await failsIt(device, at);
  expect(at.service.rules.describeExecution(thing, "j1").statusDetails).toEqual({ detailsMap: { why: "test" } });
});

it("a client id that no policy allows is hung up on without a word", async () => {
  const connecting = device.call("device", "connect", certified(at.mqtts, "lamp-02"));
  await expect(connecting).rejects.toThrow("AWS_ERROR_MQTT_UNEXPECTED_HANGUP");
  expect(at.log.join("\n")).toContain("refused client id lamp-02");
});

it("a device whose certificate is made inactive is disconnected, and does not come back", async () => {
  await device.call("device", "connect", certified(at.mqtts));
  const { certificateId = "" } = at.service.rules.identities.listCertificates()[0] ?? {};
  at.service.rules.identities.updateCertificate(certificateId, "INACTIVE");
  await device.next("interrupt");
  const second = startCrtDevice();
  await expect(second.call("device", "connect", certified(at.mqtts))).rejects.toThrow();
  second.end();
  expect(at.log.join("\n")).toContain("it is INACTIVE");
});
