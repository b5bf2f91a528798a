/** Many devices, and the one who sends them jobs, in a process of their own. They know the time from one clock. */
import { answerCalls } from "./child";
import { openControl, type Control } from "./control";
import { connectDevice, type Device } from "./device";
import { usage } from "./usage";

/** What the devices talk to: the service, or a broker alone that gives each message back to its sender. */
export type Peer = "service" | "broker";

const jobDocument = '{"action":"blink","count":3}';
const update = JSON.stringify({ status: "IN_PROGRESS", statusDetails: { percent: "42" }, clientToken: "a1b2c3d4" });
/** Connections are made so many at a time. */
const atOnce = 50;

let devices: Device[] = [];
let topicsOf = jobTopics;
let control: Control | undefined;

function jobTopics(name: string, jobId: string) {
  const base = `$aws/things/${name}/jobs`;
  return { base, next: `${base}/notify-next`, request: `${base}/${jobId}/update`, reply: `${base}/${jobId}/update/accepted` };
}

/** The same lengths, under a name that is not reserved. */
function plainTopics(name: string, jobId: string) {
  const base = `test/things/${name}/jobs`;
  const request = `${base}/${jobId}/update`;
  return { base, next: base, request, reply: request };
}

function jobOf(prefix: string, device: Device): string {
  return `${prefix}-${device.name.split("-").pop() ?? ""}`;
}

function arnOf(thingName: string): string {
  return `arn:aws:iot:us-east-1:123456789012:thing/${thingName}`;
}

function service(): Control {
  if (control === undefined) throw new Error("there is no control plane");
  return control;
}

function createJob(jobId: string, thingName: string): Promise<unknown> {
  return service().call("PUT", `/jobs/${jobId}`, { targets: [arnOf(thingName)], document: jobDocument });
}

/** Resolves at the first message on a topic, of those that arrive from now on. */
function arrival(device: Device, topic: string): Promise<void> {
  return new Promise((resolve, reject) => {
    device.onMessage = (arrived, payload) => {
      if (arrived === topic) resolve();
      else if (arrived.endsWith("/rejected")) reject(new Error(payload.toString("utf8")));
    };
  });
}

/** Runs `work` for all items, so many at a time. */
async function inLanes<T>(items: readonly T[], lanes: number, work: (item: T) => Promise<unknown>): Promise<void> {
  const queue = items.values();
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

const calls = {
  async connect(port: number, peer: Peer, prefix: string, count: number): Promise<void> {
    topicsOf = peer === "service" ? jobTopics : plainTopics;
    const made: Device[] = [];
    await inLanes(upTo(count), atOnce, async (n) => {
      const name = `${prefix}-${n}`;
      const { base, next } = topicsOf(name, "");
      const filters = peer === "broker" ? [`${base}/+/update`] : [next, `${base}/+/update/accepted`, `${base}/+/update/rejected`];
      made[n] = await connectDevice(port, name, filters);
    });
    devices = made;
  },
  openControl(url: string, ca: string): void {
    control = openControl(url, ca);
  },
  call: (method: "GET" | "PUT" | "DELETE", path: string, body?: object) => service().call(method, path, body),
  /** Each device sends its update and waits for the answer, so often. Gives the seconds that all took. */
  async exchange(jobPrefix: string, each: number): Promise<number> {
    const startMs = performance.now();
    await Promise.all(
      devices.map(async (device) => {
        const { request, reply } = topicsOf(device.name, jobOf(jobPrefix, device));
        let left = each;
        await new Promise<void>((resolve, reject) => {
          device.onMessage = (topic, payload) => {
            if (topic.endsWith("/rejected")) reject(new Error(payload.toString("utf8")));
            if (topic !== reply) return;
            if (--left > 0) device.publish(request, update);
            else resolve();
          };
          device.publish(request, update);
        });
      }),
    );
    return (performance.now() - startMs) / 1000;
  },
  /** One job after another, one for each device. Gives the milliseconds from the call to its notify-next at the device. */
  async notify(jobPrefix: string): Promise<number[]> {
    const times: number[] = [];
    for (const device of devices) {
      const arrived = arrival(device, topicsOf(device.name, "").next);
      const startMs = performance.now();
      const created = createJob(jobOf(jobPrefix, device), device.name);
      await arrived;
      times.push(performance.now() - startMs);
      await created;
    }
    return times;
  },
  /** So many jobs, one for a device: created, described, done. Gives the seconds. */
  async doJobs(jobPrefix: string, count: number): Promise<number> {
    const startMs = performance.now();
    let next = 0;
    await Promise.all(
      devices.map(async (device) => {
        while (next < count) {
          const jobId = `${jobPrefix}-${next++}`;
          await createJob(jobId, device.name);
          await service().call("GET", `/jobs/${jobId}`);
          const { request, reply } = topicsOf(device.name, jobId);
          const accepted = arrival(device, reply);
          device.publish(request, '{"status":"SUCCEEDED"}');
          await accepted;
        }
      }),
    );
    return (performance.now() - startMs) / 1000;
  },
  /** Milliseconds of one call, the mean of `times`. */
  async timeOf(path: string, times: number): Promise<number> {
    const startMs = performance.now();
    for (let n = 0; n < times; n++) await service().call("GET", path);
    return (performance.now() - startMs) / times;
  },
  usage,
  end(): void {
    for (const device of devices) device.end();
    devices = [];
    control?.end();
  },
};

export type DevicesCalls = typeof calls;
answerCalls(calls);
