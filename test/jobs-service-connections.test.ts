/** The MQTT face: who is turned away, and who stays. Over real sockets. */
import { describe, expect, it } from "vitest";
import type { MqttClient } from "mqtt";
import { startJobsService } from "../tools/jobs-service";
import { fence, withToken, type Device } from "./jobs-service/devices";
import { aroundEachTest, createJob, device, onTopic, root, thing } from "./jobs-service/plain-service";

const at = aroundEachTest();

describe("the service ends the connection of a device that", () => {
  const offences: readonly [string, string, (client: MqttClient) => void][] = [
    ["publishes for another thing", "a PUBLISH on $aws/things/lamp-02", (client) => client.publish("$aws/things/lamp-02/jobs/get", "{}")],
    [
      "publishes elsewhere under $aws",
      "reserved topic $aws/things/lamp-01/shadow/get",
      (client) => client.publish(`$aws/things/${thing}/shadow/get`, "{}"),
    ],
    ["publishes a retained request", "retained", (client) => client.publish(`${root}/get`, "{}", { retain: true })],
    ["publishes at QoS 2", "QoS 2", (client) => client.publish("a", "{}", { qos: 2 })],
    ["publishes more than 128 KB", "131073 bytes", (client) => client.publish("a", Buffer.alloc(131_073))],
    ["announces a packet of megabytes", "a packet of", (client) => client.publish("a", Buffer.alloc(8_000_000))],
    ["publishes on a topic of 257 bytes", "256 bytes", (client) => client.publish("a".repeat(257), "{}")],
    ["publishes on a topic with 8 slashes", "7 slashes", (client) => client.publish("a/b/c/d/e/f/g/h/i", "{}")],
    [
      "subscribes to another thing's topics",
      "subscription to $aws/things/lamp-02",
      (client) => client.subscribe("$aws/things/lamp-02/jobs/notify"),
    ],
    ["subscribes to all things' topics", "subscription to $aws/things/+", (client) => client.subscribe("$aws/things/+/jobs/notify")],
    ["subscribes to nine filters at once", "9 filters", (client) => client.subscribe(["1", "2", "3", "4", "5", "6", "7", "8", "9"])],
  ];
  it.each(offences)("%s", async (_what, reason, offend) => {
    const lamp = await device(at);
    offend(lamp.client);
    await lamp.closed;
    expect(at.log.join("\n")).toContain(reason);
  });

  it("leaves a testament on a reserved topic, or has an id of more than 128 bytes", async () => {
    const will = { topic: `${root}/j1/update`, payload: Buffer.from('{"status":"SUCCEEDED"}'), qos: 1 as const, retain: false };
    for (const options of [{ will }, { clientId: "x".repeat(129) }]) {
      const client = at.made.trying(at.service.urls.mqtt ?? "", thing, { ...options });
      await client.closed;
      expect(client.client.connected).toBe(false);
    }
    expect(at.log.join("\n")).toMatch(/reserved topic[\s\S]*129 bytes/);
  });

  it("is there twice: the second connection takes the place of the first", async () => {
    const first = await device(at);
    const second = await device(at);
    await first.closed;
    await fence(second);
    createJob(at);
    second.client.publish(`${root}/start-next`, '{"clientToken":"s"}', { qos: 1 });
    expect((await second.until(withToken("s"))).payload).toMatchObject({ execution: { jobId: "j1", status: "IN_PROGRESS" } });
  });
});

describe("a device stays connected when it", () => {
  it("publishes exactly 128 KB to a plain topic, and asks with a body that is no JSON", async () => {
    const lamp = await device(at);
    await lamp.client.publishAsync("a", Buffer.alloc(131_072), { qos: 1 });
    lamp.client.publish(`${root}/get`, "{", { qos: 1 });
    expect((await lamp.until(onTopic("get/rejected"))).payload).toMatchObject({ code: "InvalidJson" });
    lamp.client.publish(`${root}/reboot`, '{"clientToken":"x"}', { qos: 1 });
    expect((await lamp.until(onTopic("reboot/rejected"))).payload).toMatchObject({ code: "InvalidTopic", clientToken: "x" });
    await fence(lamp);
  });

  it("subscribes 51 times: the last is refused in its acknowledgement", async () => {
    const lamp = await device(at);
    for (let n = 0; n < 50; n++) await lamp.client.subscribeAsync(`t/${n}`);
    await expect(lamp.client.subscribeAsync("t/50")).rejects.toThrow();
    await fence(lamp);
  });

  it("has a filter a/# that in AWS does not cover a", async () => {
    const lamp = await device(at);
    await lamp.client.subscribeAsync("a/#", { qos: 1 });
    await lamp.client.publishAsync("a", '{"level":0}', { qos: 1 });
    await lamp.client.publishAsync("a/b", '{"level":1}', { qos: 1 });
    await lamp.until(({ topic }) => topic === "a/b");
    await fence(lamp);
    expect(lamp.got.map(({ topic }) => topic)).not.toContain("a");
  });
});

describe("over TLS", () => {
  async function secured(certificateOf: string, clientId = certificateOf): Promise<Device> {
    const { ca, certificate: cert, privateKey: key } = await at.service.provision(certificateOf);
    return at.made.trying(at.service.urls.mqtts ?? "", clientId, { ca, cert, key });
  }

  it("a device with its own certificate is served", async () => {
    const lamp = await secured("lamp:colon_02");
    lamp.client.publish("$aws/things/lamp:colon_02/jobs/get", '{"clientToken":"a"}', { qos: 1 });
    await lamp.until(withToken("a"));
  });

  it("a device with another thing's certificate is refused", async () => {
    const thief = await secured("lamp-02", thing);
    await thief.closed;
    expect(at.log.join("\n")).toContain("refused client id lamp-01: no policy allows its certificate to connect as that");
    expect(thief.got).toEqual([]);
  });

  it("a device without a certificate, or with a stranger's, is refused", async () => {
    const elsewhere = await startJobsService({ ports: { mqtt: false, mqtts: false, https: false } });
    const { certificate: cert, privateKey: key } = await elsewhere.provision(thing);
    await elsewhere.stop();
    for (const identity of [{}, { cert, key }]) {
      const client = at.made.trying(at.service.urls.mqtts ?? "", thing, { ca: at.service.ca, ...identity });
      await client.closed;
      expect(client.client.connected).toBe(false);
    }
  });
});
