/** A fleet at work: how many updates of how many devices are taken, how soon a job is heard of, and what a broker alone does. */
import type { BrokerCalls } from "./broker-process";
import { startChild, type Child } from "./child";
import type { DevicesCalls, Peer } from "./devices-process";
import { startMosquitto } from "./mosquitto";
import type { ServiceCalls } from "./service-process";

export const deviceCount = 1000;
const updatesEach = 10;
/** The best of these counts: what else the machine does can only slow them down. */
const rounds = 7;
/** Until the compiler of JavaScript has seen enough. */
const warmUpEach = 4;
const warmUpJobs = 200;

/** One message in and one out, each at QoS 1, `count` times. */
export interface Exchanges {
  readonly count: number;
  readonly perSecond: number;
  /** Processor time of the server for one, undefined where that cannot be told. */
  readonly serverCpuMicroseconds: number | undefined;
}

export interface Fleet {
  readonly updates: Exchanges;
  /** From the call of CreateJob to notify-next at the device. */
  readonly notifyMs: { readonly count: number; readonly p50: number; readonly p99: number };
}

type Devices = Child<DevicesCalls>;

async function exchanges(devices: Devices, cpuMs: () => Promise<number | undefined>): Promise<Exchanges> {
  await devices.call("exchange", "notified", warmUpEach);
  const count = deviceCount * updatesEach;
  let best: Exchanges | undefined;
  for (let round = 0; round < rounds; round++) {
    const beforeMs = await cpuMs();
    const perSecond = count / (await devices.call("exchange", "notified", updatesEach));
    const afterMs = await cpuMs();
    const serverCpuMicroseconds = beforeMs === undefined || afterMs === undefined ? undefined : ((afterMs - beforeMs) * 1000) / count;
    if (best === undefined || perSecond > best.perSecond) best = { count, perSecond, serverCpuMicroseconds };
  }
  if (best === undefined) throw new Error("nothing was measured");
  return best;
}

/** Starts devices, and ends them when the work is done. */
async function withDevices<T>(port: number, peer: Peer, work: (devices: Devices) => Promise<T>): Promise<T> {
  const devices = startChild<DevicesCalls>("./devices-process.ts");
  try {
    await devices.call("connect", port, peer, "device", deviceCount);
    return await work(devices);
  } finally {
    await devices.end();
  }
}

/** The service; with a data folder when one is given. */
export async function measureFleet(data?: string): Promise<Fleet> {
  const service = startChild<ServiceCalls>("./service-process.ts");
  try {
    const { mqttPort, https, ca } = await service.call("start", { data });
    await service.call("addThings", "device", deviceCount);
    return await withDevices(mqttPort, "service", async (devices) => {
      await devices.call("openControl", https, ca);
      const times = (await devices.call("notify", "notified")).slice(warmUpJobs).sort((one, other) => one - other);
      const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN;
      const updates = await exchanges(devices, async () => (await service.call("usage")).cpuMs);
      return { updates, notifyMs: { count: times.length, p50: at(0.5), p99: at(0.99) } };
    });
  } finally {
    await service.end();
  }
}

/** The service's broker library alone: each message goes back to its sender. */
export async function measureBroker(): Promise<Exchanges> {
  const broker = startChild<BrokerCalls>("./broker-process.ts");
  try {
    const port = await broker.call("start");
    return await withDevices(port, "broker", (devices) => exchanges(devices, async () => (await broker.call("usage")).cpuMs));
  } finally {
    await broker.end();
  }
}

/** The same with mosquitto; undefined where it is not installed. */
export async function measureMosquitto(): Promise<(Exchanges & { readonly version: string }) | undefined> {
  const mosquitto = await startMosquitto();
  if (mosquitto === undefined) return undefined;
  try {
    const measured = await withDevices(mosquitto.port, "broker", (devices) => exchanges(devices, async () => mosquitto.cpuMs()));
    return { ...measured, version: mosquitto.version };
  } finally {
    await mosquitto.end();
  }
}
