/** What policies do to live MQTT connections, over mutual TLS. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startJobsService } from "../tools/jobs-service";
import { VirtualTime } from "../tools/time";
import { devicePolicyName } from "../tools/jobs-service/device-policy";
import { devices, fence, withToken, type Device } from "./jobs-service/devices";
import { callerOf } from "./jobs-service/https-caller";
import { createJob, securedAroundEachTest, statusOf, thing } from "./jobs-service/secured-service";

const at = securedAroundEachTest();
const root = `$aws/things/${thing}/jobs`;
let made: ReturnType<typeof devices>;
beforeEach(() => {
  made = devices();
});
afterEach(() => made.end());

function trying(clientId = thing, options: object = {}): Device {
  const { certificate: cert, privateKey: key, ca } = at.identity;
  return made.trying(at.mqtts.href, clientId, { cert, key, ca, ...options });
}

/** The provisioned certificate. */
function certificate(): { certificateId: string; certificateArn: string } {
  const [first] = at.service.rules.identities.listCertificates();
  if (first === undefined) throw new Error("nothing is provisioned");
  return first;
}

/** Puts a policy in the place of the smallest one. */
function allowOnly(...statements: readonly (readonly [action: string | string[], resource: string | string[], effect?: "Deny"])[]): void {
  const { identities } = at.service.rules;
  const Statement = statements.map(([Action, resources, Effect = "Allow"]) => {
    const Resource = [resources].flat().map((resource) => (resource === "*" ? "*" : `arn:aws:iot:us-east-1:123456789012:${resource}`));
    return { Effect, Action, Resource };
  });
  const document = JSON.stringify({ Version: "2012-10-17", Statement });
  const { policyVersionId } = identities.createPolicyVersion(devicePolicyName, document, true);
  for (const { versionId } of identities.listPolicyVersions(devicePolicyName)) {
    if (versionId !== policyVersionId) identities.deletePolicyVersion(devicePolicyName, versionId);
  }
}

describe("the smallest policy", () => {
  const offences: readonly [string, string, (client: MqttClient) => void][] = [
    ["publishes on a plain topic", "a PUBLISH on plain", (client) => client.publish("plain", "{}", { qos: 1 })],
    ["asks for another thing's jobs", "a PUBLISH on $aws/things/lamp-02", (client) => client.publish("$aws/things/lamp-02/jobs/get", "{}")],
    ["subscribes to everything", "a subscription to #", (client) => client.subscribe("#")],
    ["subscribes to all things", "a subscription to $aws/things/+", (client) => client.subscribe("$aws/things/+/jobs/notify")],
  ];
  it.each(offences)("ends the connection of a device that %s", async (_what, reason, offend) => {
    const lamp = trying();
    await fence(lamp);
    offend(lamp.client);
    await lamp.closed;
    expect(at.log.join("\n")).toContain(reason);
  });

  it("lets in nobody but the thing itself, and not before the certificate is attached to it", async () => {
    await trying("lamp-02").closed;
    at.service.rules.createThing("lamp-02");
    await trying("lamp-02").closed;
    at.service.rules.identities.attachThingPrincipal("lamp-02", certificate().certificateArn);
    await fence(trying("lamp-02"));
  });
});

describe("other policies", () => {
  it("let one connection act for another thing, whose notifications it gets beside that thing's own device", async () => {
    const { service } = at;
    const bridged = await service.provision("lamp-02");
    allowOnly(["iot:*", "*"]);
    const bridge = trying("bridge");
    await bridge.client.subscribeAsync(["$aws/things/+/jobs/notify-next", "$aws/things/lamp-02/jobs/notify-next"], { qos: 1 });
    const own = made.trying(at.mqtts.href, "lamp-02", { cert: bridged.certificate, key: bridged.privateKey, ca: bridged.ca });
    await own.client.subscribeAsync("$aws/things/lamp-02/jobs/notify-next", { qos: 1 });
    service.rules.createJob({ jobId: "j1", targets: [service.rules.thingArn("lamp-02")], document: "{}" });
    for (const { until } of [bridge, own]) await until(({ topic }) => topic === "$aws/things/lamp-02/jobs/notify-next");
    bridge.client.publish("$aws/things/lamp-02/jobs/j1/update", '{"status":"SUCCEEDED","clientToken":"u"}', { qos: 1 });
    await bridge.until(withToken("u"));
    expect(service.rules.describeExecution("lamp-02", "j1").status).toBe("SUCCEEDED");
    await own.until(({ payload }) => payload["execution"] === undefined);
    // Two filters that both cover a topic bring its messages once, and the other's replies do not come at all.
    expect(bridge.got.filter(({ topic }) => topic.endsWith("notify-next"))).toHaveLength(2);
    expect(own.got.filter(withToken("u"))).toEqual([]);
  });

  it("keep messages back without iot:Receive, but never the answer to one's own request", async () => {
    allowOnly([["iot:Connect", "iot:Publish", "iot:Subscribe"], "*"]);
    const lamp = trying();
    await lamp.client.subscribeAsync([`${root}/notify-next`, "plain"], { qos: 1 });
    createJob(at, "j1");
    await lamp.client.publishAsync("plain", "{}", { qos: 1 });
    await fence(lamp);
    expect(lamp.got.map(({ topic }) => topic)).toEqual([`${root}/get/accepted`]);
  });

  it("of a group hold for its members, and a denial there is stronger", async () => {
    const { rules } = at.service;
    rules.identities.detachPolicy(devicePolicyName, certificate().certificateArn);
    await trying().closed;
    const { thingGroupArn } = rules.createThingGroup("hall");
    rules.addThingToThingGroup("hall", thing);
    rules.identities.attachPolicy(devicePolicyName, thingGroupArn);
    const lamp = trying();
    await fence(lamp);
    const document = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Deny", Action: "iot:Publish", Resource: "*" } });
    rules.identities.createPolicy("quiet", document);
    rules.identities.attachPolicy("quiet", thingGroupArn);
    lamp.client.publish(`${root}/get`, "{}", { qos: 1 });
    await lamp.closed;
  });

  it("of a group hold for the members of the groups below, and end with the group", async () => {
    const { rules } = at.service;
    rules.identities.detachPolicy(devicePolicyName, certificate().certificateArn);
    const { thingGroupArn } = rules.groups.create("house", {});
    rules.groups.create("hall", { parentGroupName: "house" });
    rules.addThingToThingGroup("hall", thing);
    rules.identities.attachPolicy(devicePolicyName, thingGroupArn);
    await fence(trying());
    rules.deleteThingGroup("hall");
    rules.deleteThingGroup("house");
    rules.groups.create("house", {});
    rules.addThingToThingGroup("house", thing);
    await trying().closed;
    expect(rules.identities.listTargetsForPolicy(devicePolicyName)).toEqual([]);
  });

  it("are asked for retained messages and for testaments too", async () => {
    allowOnly([["iot:Connect", "iot:Publish"], "*"], ["iot:Publish", "topic/secret", "Deny"]);
    const lamp = trying();
    await lamp.client.publishAsync("plain", "{}", { qos: 1 });
    lamp.client.publish("plain", "{}", { retain: true });
    await lamp.closed;
    expect(at.log.join("\n")).toContain("a retained PUBLISH on plain");
  });
});

it("a certificate that has expired lets nobody in", async () => {
  const log: string[] = [];
  const time = new VirtualTime(Date.UTC(2051, 0));
  const late = await startJobsService({ time, ports: { mqtt: false, https: false }, log: (line) => log.push(line) });
  try {
    const { certificate: cert, privateKey: key, ca } = await late.provision(thing);
    await made.trying(late.urls.mqtts ?? "", thing, { cert, key, ca }).closed;
    expect(log.join("\n")).toMatch(/refused a TLS connection: certificate [0-9a-f]{64}: it has expired/);
  } finally {
    await late.stop();
  }
});

it("a certificate that belongs to one thing exclusively is that thing under every client id", async () => {
  const variable = "${iot:Connection.Thing.ThingName}";
  allowOnly(["iot:Connect", "*"], [["iot:Publish"], `topic/$aws/things/${variable}/jobs/*`]);
  const { identities } = at.service.rules;
  const attach = (type?: string): void => identities.attachThingPrincipal(thing, certificate().certificateArn, type);
  for (const type of [undefined, "EXCLUSIVE_THING"]) {
    attach(type);
    const gadget = trying("gadget");
    gadget.client.publish(`${root}/get`, '{"clientToken":"a"}', { qos: 1 });
    if (type === undefined) await gadget.closed;
    else await gadget.until(withToken("a"));
  }
});

describe("a change takes effect at once on a live connection", () => {
  it("when a policy is detached: what is asked for next ends the connection", async () => {
    const lamp = trying();
    await fence(lamp);
    at.service.rules.identities.detachPolicy(devicePolicyName, certificate().certificateArn);
    lamp.client.publish(`${root}/get`, "{}", { qos: 1 });
    await lamp.closed;
    await trying().closed;
    expect(at.log.join("\n")).toContain("no policy allows its certificate to connect");
  });

  it("when the certificate is revoked: the connection ends, and there is no other before it is active again", async () => {
    const lamp = trying();
    await fence(lamp);
    const { certificateId } = certificate();
    at.service.rules.identities.updateCertificate(certificateId, "REVOKED");
    await lamp.closed;
    await trying().closed;
    expect(at.log.join("\n")).toContain(`certificate ${certificateId}: it is REVOKED`);
    at.service.rules.identities.updateCertificate(certificateId, "ACTIVE");
    await fence(trying());
  });

  it("when a persistent session may no longer have a subscription: it comes back without that", async () => {
    allowOnly(["iot:*", "*"]);
    const first = trying(thing, { clean: false });
    await first.client.subscribeAsync(["plain", `${root}/notify-next`], { qos: 1 });
    await first.client.endAsync();
    allowOnly([["iot:Connect", "iot:Publish", "iot:Receive"], "*"], ["iot:Subscribe", "topicfilter/$aws/*"]);
    createJob(at, "j1");
    const second = trying(thing, { clean: false });
    await second.until(({ topic }) => topic === `${root}/notify-next`);
    await second.client.publishAsync("plain", "{}", { qos: 1 });
    await fence(second);
    expect(second.got.map(({ topic }) => topic)).not.toContain("plain");
  });
});

it("certificates, policies and what they are attached to outlive the process in a data folder", async () => {
  const data = mkdtempSync(join(tmpdir(), "identities-"));
  const options = { ports: { mqtt: false, https: false }, data } as const;
  try {
    const first = await startJobsService(options);
    const { certificate: cert, privateKey: key, ca } = await first.provision(thing);
    await first.stop();
    const second = await startJobsService(options);
    try {
      await fence(made.trying(second.urls.mqtts ?? "", thing, { cert, key, ca }));
      const { identities } = second.rules;
      expect(identities.listThingPrincipals(thing)).toHaveLength(1);
      identities.updateCertificate(identities.listCertificates()[0]?.certificateId ?? "", "INACTIVE");
    } finally {
      await second.stop();
    }
    const third = await startJobsService(options);
    try {
      await third.provision(thing); // Which does not make active again what was made inactive.
      await made.trying(third.urls.mqtts ?? "", thing, { cert, key, ca }).closed;
      expect(third.rules.identities.listCertificates()).toMatchObject([{ status: "INACTIVE" }]);
    } finally {
      await third.stop();
    }
  } finally {
    rmSync(data, { recursive: true });
  }
});

it("without enforcement every registered certificate may act for every thing", async () => {
  const open = await startJobsService({ ports: { mqtt: false, https: false }, policies: false });
  try {
    const { certificate: cert, privateKey: key, ca } = await open.provision(thing);
    const anyone = made.trying(open.urls.mqtts ?? "", "somebody", { cert, key, ca });
    await anyone.client.subscribeAsync("$aws/things/+/jobs/notify", { qos: 1 });
    anyone.client.publish(`${root}/get`, '{"clientToken":"a"}', { qos: 1 });
    await anyone.until(withToken("a"));
  } finally {
    await open.stop();
  }
});

it("on the HTTPS data plane a certificate may do what its policies name, and nothing else", async () => {
  createJob(at, "j1");
  const { certificate: cert, privateKey: key } = at.identity;
  const caller = callerOf(at.service, { cert, key });
  try {
    expect((await caller.call("GET", `/things/${thing}/jobs`)).status).toBe(403);
    allowOnly([["iotjobsdata:GetPendingJobExecutions", "iotjobsdata:UpdateJobExecution"], `topic/$aws/things/${thing}`]);
    expect((await caller.call("GET", `/things/${thing}/jobs`)).json).toMatchObject({ queuedJobs: [{ jobId: "j1" }] });
    expect((await caller.call("GET", `/things/${thing}/jobs/j1`)).status).toBe(403);
    expect((await caller.call("POST", `/things/${thing}/jobs/j1`, '{"status":"SUCCEEDED"}')).status).toBe(200);
    expect(statusOf(at, "j1")).toBe("SUCCEEDED");
    expect((await caller.call("GET", "/things/lamp-02/jobs")).status).toBe(403);
  } finally {
    caller.end();
  }
});
