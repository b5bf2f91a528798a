/** The MQTT face: who gets what, who is turned away, and at what point. Over real sockets unless said otherwise. */
import { Socket } from "node:net";
import { connect, connectAsync, MqttClient, type IClientOptions } from "mqtt";
import { generate } from "mqtt-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startJobsService, type JobsService, type Traffic } from "../tools/jobs-service";
import { VirtualTime } from "../tools/time";

const thing = "lamp-01";
const root = `$aws/things/${thing}/jobs`;
let service: JobsService;
let time: VirtualTime;
let log: string[];
let clients: MqttClient[];

beforeEach(async () => {
  log = [];
  clients = [];
  time = new VirtualTime();
  service = await startJobsService({ time, ports: { https: false }, log: (line) => log.push(line) });
  service.rules.createThing(thing);
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.endAsync(true)));
  await service.stop();
});

interface Got {
  readonly topic: string;
  readonly payload: Record<string, unknown>;
  readonly qos: number;
}

interface Device {
  readonly client: MqttClient;
  readonly got: Got[];
  readonly closed: Promise<void>;
  /** Resolves when a message for which the test is waiting has come; earlier ones count. */
  until(isWanted: (got: Got) => boolean): Promise<Got>;
}

function watch(client: MqttClient): Device {
  clients.push(client);
  const got: Got[] = [];
  const waiting = new Set<() => void>();
  client.on("message", (topic, payload, { qos }) => {
    got.push({ topic, payload: JSON.parse(payload.toString() || "{}") as Got["payload"], qos });
    for (const look of waiting) look();
  });
  client.on("error", () => {});
  return {
    client,
    got,
    closed: new Promise((resolve) => client.once("close", () => resolve())),
    until: (isWanted) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = got.find(isWanted);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}

async function device(clientId = thing, options: IClientOptions = {}): Promise<Device> {
  return watch(await connectAsync(service.urls.mqtt ?? "", { clientId, reconnectPeriod: 0, ...options }));
}

const onTopic =
  (suffix: string) =>
  ({ topic }: Got): boolean =>
    topic === `${root}/${suffix}`;
const withToken =
  (clientToken: string) =>
  ({ payload }: Got): boolean =>
    payload["clientToken"] === clientToken;

/** Everything sent to a device before is there once this has come back. */
async function fence({ client, until }: Device, thingName = thing): Promise<void> {
  const clientToken = `fence-${Math.random()}`;
  client.publish(`$aws/things/${thingName}/jobs/get`, JSON.stringify({ clientToken }), { qos: 1 });
  await until(withToken(clientToken));
}

function createJob(jobId = "j1", document = "{}"): void {
  service.rules.createJob({ jobId, targets: [service.rules.thingArn(thing)], document });
}

describe("a reply", () => {
  it("reaches a device that subscribed to nothing, once, at QoS 0", async () => {
    const lamp = await device();
    lamp.client.publish(`${root}/get`, '{"clientToken":"a"}', { qos: 1 });
    await lamp.until(withToken("a"));
    await fence(lamp);
    expect(lamp.got.filter(withToken("a"))).toEqual([expect.objectContaining({ topic: `${root}/get/accepted`, qos: 0 })]);
  });

  it("comes at the lower QoS of request and subscription", async () => {
    const lamp = await device();
    await lamp.client.subscribeAsync(`${root}/get/+`, { qos: 1 });
    await lamp.client.subscribeAsync(`${root}/start-next/accepted`, { qos: 0 });
    lamp.client.publish(`${root}/get`, '{"clientToken":"1 and 1"}', { qos: 1 });
    lamp.client.publish(`${root}/get`, '{"clientToken":"0 and 1"}', { qos: 0 });
    lamp.client.publish(`${root}/start-next`, '{"clientToken":"1 and 0"}', { qos: 1 });
    expect((await lamp.until(withToken("1 and 1"))).qos).toBe(1);
    expect((await lamp.until(withToken("0 and 1"))).qos).toBe(0);
    expect((await lamp.until(withToken("1 and 0"))).qos).toBe(0);
  });

  it("comes once although several filters cover it, and so does a notification", async () => {
    const lamp = await device();
    await lamp.client.subscribeAsync([`${root}/#`, `${root}/+/update/accepted`, `${root}/j1/update/+`, `${root}/notify`], { qos: 1 });
    createJob();
    lamp.client.publish(`${root}/j1/update`, '{"status":"SUCCEEDED","clientToken":"u"}', { qos: 1 });
    await lamp.until(withToken("u"));
    await fence(lamp);
    expect(lamp.got.map(({ topic }) => topic.slice(root.length + 1))).toEqual([
      "notify",
      "notify-next",
      "j1/update/accepted",
      "notify",
      "notify-next",
      "get/accepted",
    ]);
  });

  it("is seen by nobody else, and neither is the request", async () => {
    const lamp = await device();
    const spy = await device("spy");
    service.rules.createThing("spy");
    await spy.client.subscribeAsync(["#", "+/#", "+/things/#", "$aws/things/spy/#"], { qos: 1 });
    createJob();
    lamp.client.publish(`${root}/j1/get`, '{"clientToken":"a"}', { qos: 1 });
    await lamp.until(withToken("a"));
    await lamp.client.publishAsync("plain/topic", "{}", { qos: 1 });
    await fence(spy, "spy");
    expect(spy.got.filter(({ topic }) => !topic.startsWith("$aws/things/spy/")).map(({ topic }) => topic)).toContain("plain/topic");
    expect(spy.got.filter(({ topic }) => topic.includes(thing))).toEqual([]);
  });

  it("does not swallow a notification that is on its way when requests come close together", async () => {
    const lamp = await device();
    await lamp.client.subscribeAsync(`${root}/notify-next`, { qos: 1 });
    for (let n = 0; n < 20; n++) createJob(`j${n}`);
    for (let n = 0; n < 20; n++) {
      lamp.client.publish(`${root}/j${n}/update`, '{"status":"SUCCEEDED"}', { qos: n % 2 === 0 ? 1 : 0 });
      lamp.client.publish(`${root}/get`, "{}", { qos: 0 });
    }
    await lamp.until(({ payload, topic }) => topic.endsWith("notify-next") && payload["execution"] === undefined);
    const heads = lamp.got
      .filter(onTopic("notify-next"))
      .map(({ payload }) => (payload["execution"] as { jobId?: string } | undefined)?.jobId);
    expect(heads).toEqual([...Array.from({ length: 20 }, (_, n) => `j${n}`), undefined]);
  });
});

describe("a notification", () => {
  it("is for subscribers only, at the QoS they asked for, and is not repeated at connect or subscribe", async () => {
    const lamp = await device();
    createJob();
    await lamp.client.subscribeAsync(`${root}/notify`, { qos: 0 });
    createJob("j2");
    await fence(lamp);
    const notifications = lamp.got.filter(({ topic }) => topic.includes("notify"));
    expect(notifications).toEqual([expect.objectContaining({ topic: `${root}/notify`, qos: 0 })]);
  });

  it("waits for a device whose session is persistent", async () => {
    const first = await device(thing, { clean: false });
    await first.client.subscribeAsync(`${root}/notify-next`, { qos: 1 });
    await first.client.endAsync();
    createJob();
    const second = watch(connect(service.urls.mqtt ?? "", { clientId: thing, reconnectPeriod: 0, clean: false }));
    expect((await second.until(onTopic("notify-next"))).payload).toMatchObject({ execution: { jobId: "j1" } });
  });

  it("follows from a timer on the service's clock", async () => {
    const lamp = await device();
    await lamp.client.subscribeAsync(`${root}/notify-next`, { qos: 1 });
    createJob();
    lamp.client.publish(`${root}/start-next`, '{"stepTimeoutInMinutes":1}', { qos: 1 });
    await fence(lamp);
    time.advance(60_000);
    await lamp.until(({ topic, payload }) => topic === `${root}/notify-next` && payload["execution"] === undefined);
    expect(service.rules.describeExecution(thing, "j1").status).toBe("TIMED_OUT");
  });
});

describe("the service ends the connection of a device that", () => {
  const offences: readonly [string, string, (client: MqttClient) => void][] = [
    ["publishes for another thing", "topic of thing lamp-02", (client) => client.publish("$aws/things/lamp-02/jobs/get", "{}")],
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
    const lamp = await device();
    offend(lamp.client);
    await lamp.closed;
    expect(log.join("\n")).toContain(reason);
  });

  it("leaves a testament on a reserved topic, or has an id of more than 128 bytes", async () => {
    const will = { topic: `${root}/j1/update`, payload: Buffer.from('{"status":"SUCCEEDED"}'), qos: 1 as const, retain: false };
    for (const options of [{ will }, { clientId: "x".repeat(129) }]) {
      const client = watch(connect(service.urls.mqtt ?? "", { clientId: thing, reconnectPeriod: 0, ...options }));
      await client.closed;
      expect(client.client.connected).toBe(false);
    }
    expect(log.join("\n")).toMatch(/reserved topic[\s\S]*129 bytes/);
  });

  it("is there twice: the second connection takes the place of the first", async () => {
    const first = await device();
    const second = await device();
    await first.closed;
    await fence(second);
    createJob();
    second.client.publish(`${root}/start-next`, '{"clientToken":"s"}', { qos: 1 });
    expect((await second.until(withToken("s"))).payload).toMatchObject({ execution: { jobId: "j1", status: "IN_PROGRESS" } });
  });
});

describe("a device stays connected when it", () => {
  it("publishes exactly 128 KB to a plain topic, and asks with a body that is no JSON", async () => {
    const lamp = await device();
    await lamp.client.publishAsync("a", Buffer.alloc(131_072), { qos: 1 });
    lamp.client.publish(`${root}/get`, "{", { qos: 1 });
    expect((await lamp.until(onTopic("get/rejected"))).payload).toMatchObject({ code: "InvalidJson" });
    lamp.client.publish(`${root}/reboot`, '{"clientToken":"x"}', { qos: 1 });
    expect((await lamp.until(onTopic("reboot/rejected"))).payload).toMatchObject({ code: "InvalidTopic", clientToken: "x" });
    await fence(lamp);
  });

  it("subscribes 51 times: the last is refused in its acknowledgement", async () => {
    const lamp = await device();
    for (let n = 0; n < 50; n++) await lamp.client.subscribeAsync(`t/${n}`);
    await expect(lamp.client.subscribeAsync("t/50")).rejects.toThrow();
    await fence(lamp);
  });

  it("has a filter a/# that in AWS does not cover a", async () => {
    const lamp = await device();
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
    const { ca, certificate: cert, privateKey: key } = await service.provision(certificateOf);
    return watch(connect(service.urls.mqtts ?? "", { clientId, ca, cert, key, reconnectPeriod: 0 }));
  }

  it("a device with its own certificate is served", async () => {
    const lamp = await secured("lamp:colon_02");
    lamp.client.publish("$aws/things/lamp:colon_02/jobs/get", '{"clientToken":"a"}', { qos: 1 });
    await lamp.until(withToken("a"));
  });

  it("a device with another thing's certificate is refused", async () => {
    const thief = await secured("lamp-02", thing);
    await thief.closed;
    expect(log.join("\n")).toContain("refused client id lamp-01: the certificate is of thing lamp-02");
    expect(thief.got).toEqual([]);
  });

  it("a device without a certificate, or with a stranger's, is refused", async () => {
    const elsewhere = await startJobsService({ ports: { mqtt: false, mqtts: false, https: false } });
    const { certificate: cert, privateKey: key } = await elsewhere.provision(thing);
    await elsewhere.stop();
    for (const identity of [{}, { cert, key }]) {
      const client = watch(connect(service.urls.mqtts ?? "", { clientId: thing, ca: service.ca, reconnectPeriod: 0, ...identity }));
      await client.closed;
      expect(client.client.connected).toBe(false);
    }
  });
});

describe("the service", () => {
  it("tells of every message that a device sent or received", async () => {
    const seen: Traffic[] = [];
    const stopListening = service.onTraffic((message) => seen.push(message));
    const lamp = await device();
    await lamp.client.subscribeAsync(`${root}/notify-next`, { qos: 1 });
    createJob();
    lamp.client.publish(`${root}/j1/update`, '{"status":"SUCCEEDED"}', { qos: 1 });
    await lamp.until(({ topic, payload }) => topic.endsWith("notify-next") && payload["execution"] === undefined);
    stopListening();
    await fence(lamp);
    expect(seen.map(({ direction, topic }) => `${direction} ${topic.slice(root.length + 1)}`)).toEqual([
      "received notify-next",
      "published j1/update",
      "received j1/update/accepted",
      "received notify-next",
    ]);
    expect(seen[1]).toMatchObject({ thingName: thing, direction: "published", topic: `${root}/j1/update`, sizeBytes: 22 });
  });

  it("serves a connection without a socket, and ends it when the other end is destroyed", async () => {
    const end = service.connectMqtt();
    const lamp = watch(new MqttClient(() => end, { clientId: thing, reconnectPeriod: 0 }));
    await fence(lamp);
    createJob();
    await lamp.client.subscribeAsync(`${root}/notify`, { qos: 1 });
    end.destroy();
    await lamp.closed;
    const again = watch(new MqttClient(() => service.connectMqtt(), { clientId: thing, reconnectPeriod: 0 }));
    await fence(again);
    createJob("j2");
    await fence(again);
    expect(again.got.filter(({ topic }) => topic.includes("notify"))).toEqual([]);
  });

  it("stops at once, connected devices and half-open connections included", async () => {
    const lamp = await device();
    const idle = new Socket();
    const { hostname, port } = new URL(service.urls.mqtt ?? "");
    await new Promise<void>((resolve) => idle.connect(Number(port), hostname, resolve));
    idle.on("error", () => {});
    idle.write(generate({ cmd: "connect", clientId: "half", protocolId: "MQTT", protocolVersion: 4 }).subarray(0, 5));
    const idleClosed = new Promise<void>((resolve) => idle.once("close", () => resolve()));
    await service.stop();
    await Promise.all([lamp.closed, idleClosed]);
  });
});
