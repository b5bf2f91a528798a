/** AWS's IoT device SDK v2 for JavaScript with its MQTT 5 client, as it is: both of its Jobs clients, over mutual TLS and WebSocket. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startCrtDevice, type CrtAddress, type CrtDevice } from "./device-sdk/crt-device";
import { failsIt, startsAJob } from "./device-sdk/older-client";
import { createJob, securedAroundEachTest, statusOf, thing } from "./jobs-service/secured-service";

/** Those that the SDK signs with, so that the service checks its signatures. */
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI" };
const at = securedAroundEachTest({ credentials });
const thingName = thing;
const nextHead = "createNextJobExecutionChangedStream";
let device: CrtDevice;

beforeEach(() => {
  device = startCrtDevice();
});
afterEach(() => device.end());

function signed(url: URL, more: object = {}): CrtAddress {
  return { ca: at.identity.ca, clientId: thing, hostname: url.hostname, port: Number(url.port), more };
}

function certified(url: URL, more: object = {}): CrtAddress {
  return { ...signed(url, more), identity: at.identity };
}

async function doesOneJobWithTheNewerClient(address: CrtAddress): Promise<void> {
  await device.call("device", "connectMqtt5", address);
  await device.call("device", "listen", nextHead, thingName);
  createJob(at, "j1", { operation: "blink", count: 3 });
  expect(await device.next(nextHead)).toMatchObject({ execution: { jobId: "j1", status: "QUEUED", jobDocument: { count: 3 } } });
  const started = await device.call("v2", "startNextPendingJobExecution", { thingName, statusDetails: { step: "one" } });
  expect(started).toMatchObject({ execution: { jobId: "j1", status: "IN_PROGRESS", versionNumber: 2, statusDetails: { step: "one" } } });
  const rejecting = device.call("v2", "updateJobExecution", { thingName, jobId: "j1", status: "REJECTED" });
  await expect(rejecting).rejects.toMatchObject({ modeledError: { code: "InvalidStateTransition" } });
  await device.call("v2", "updateJobExecution", { thingName, jobId: "j1", status: "SUCCEEDED", expectedVersion: 2 });
  expect(await device.next(nextHead)).not.toHaveProperty("execution");
  expect(statusOf(at, "j1")).toBe("SUCCEEDED");
}

async function doesOneJobWithTheOlderClient(address: CrtAddress): Promise<void> {
  await device.call("device", "connectMqtt5", address);
  await startsAJob(device, at);
  await failsIt(device, at);
}

describe.each([
  ["IotJobsClientv2", doesOneJobWithTheNewerClient],
  ["IotJobsClient, the older one,", doesOneJobWithTheOlderClient],
])("%s on an Mqtt5Client does a job, told by the service", (_client, doesOneJob) => {
  it("over mutual TLS on the MQTT port", () => doesOneJob(certified(at.mqtts)));
  it("over mutual TLS on the HTTPS port, asked for by ALPN", () => doesOneJob(certified(at.https)));
  it("over a WebSocket signed with AWS credentials", () => doesOneJob(signed(at.https)));
});

describe("the Mqtt5Client", () => {
  it("is told the limits of AWS IoT Core, and settles on them", async () => {
    const more = { keepAliveIntervalSeconds: 5, sessionExpiryIntervalSeconds: 86_400 };
    const connack = await device.call("device", "connectMqtt5", certified(at.mqtts, more));
    expect(connack).toMatchObject({
      sessionPresent: false,
      reasonCode: 0,
      sessionExpiryInterval: 3600,
      receiveMaximum: 100,
      maximumQos: 1,
      retainAvailable: true,
      maximumPacketSize: 131_072,
      topicAliasMaximum: 8,
      wildcardSubscriptionsAvailable: true,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionsAvailable: false,
      serverKeepAlive: 30,
      settings: { maximumQos: 1, serverKeepAlive: 30, sessionExpiryInterval: 3600, receiveMaximumFromServer: 100 },
    });
  });

  it("is refused with Not authorized in the CONNACK when no policy allows its client id", async () => {
    const connecting = device.call("device", "connectMqtt5", { ...certified(at.mqtts), clientId: "lamp-02", more: {} });
    await expect(connecting).rejects.toMatchObject({ modeledError: { reasonCode: 135 } });
    expect(at.log.join("\n")).toContain("refused client id lamp-02");
  });

  it("stays connected when what it asks for is refused in acknowledgements", async () => {
    await device.call("device", "connectMqtt5", certified(at.mqtts));
    const publish = { topicName: `$aws/things/lamp-02/jobs/get`, qos: 1, payload: "{}" };
    expect(await device.call("mqtt5", "publish", publish)).toMatchObject({ reasonCode: 135 });
    const subscriptions = [`$aws/things/${thing}/jobs/notify`, "$aws/things/lamp-02/jobs/notify", "plain"].map((topicFilter) => ({
      ...{ topicFilter, qos: 1 },
    }));
    expect(await device.call("mqtt5", "subscribe", { subscriptions })).toMatchObject({ reasonCodes: [1, 135, 135] });
    const topicFilters = [`$aws/things/${thing}/jobs/notify`];
    expect(await device.call("mqtt5", "unsubscribe", { topicFilters })).toMatchObject({ reasonCodes: [0] });
    createJob(at, "j1");
    expect(await device.call("v2", "getPendingJobExecutions", { thingName })).toMatchObject({ queuedJobs: [{ jobId: "j1" }] });
  });

  it("hears why it is disconnected", async () => {
    await device.call("device", "connectMqtt5", certified(at.mqtts));
    const { certificateId = "" } = at.service.rules.identities.listCertificates()[0] ?? {};
    at.service.rules.identities.updateCertificate(certificateId, "INACTIVE");
    expect(await device.next("disconnection")).toMatchObject({ reasonCode: 135, reasonString: "its certificate is no longer active" });
  });
});
