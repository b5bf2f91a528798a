/**
 * How often something may be asked: the quotas of AWS IoT Core and IoT Jobs as token buckets on the service's clock. A switch, off
 * by default: a test of a fleet would meet them at once. AWS does not say how much it lets through in one burst; here it is what a
 * second holds.
 */
import { ControlRefusal, DeviceRefusal } from "./refusals";
import type { Store } from "./store";
import type { Call } from "./topics";

/** The quotas that count per second ("AWS IoT Core endpoints and quotas", "AWS IoT Device Management endpoints and quotas"). */
const ratesPerSecond = {
  /** GetPendingJobExecutions and DescribeJobExecution together; StartNext and Update together. For the account. */
  deviceReads: 200,
  deviceWrites: 200,
  /** For the account and for each operation of the control plane. */
  control: 10,
  /** For a client id. */
  connects: 1,
  /** In and out, for a connection. */
  publishes: 100,
  /** 512 KiB, in and out, for a connection. */
  bytes: 512 * 1024,
} as const;

/** Tokens that come back with time. `tokens` may be negative where more was taken than was there. */
export interface Bucket {
  readonly perSecond: number;
  tokens: number;
  atMs: number;
}

/** A full bucket, which holds what comes back in a second. */
export function bucket(perSecond: number, nowMs: number): Bucket {
  return { perSecond, tokens: perSecond, atMs: nowMs };
}

function refill(one: Bucket, nowMs: number): void {
  const passedMs = Math.max(0, nowMs - one.atMs);
  one.tokens = Math.min(one.perSecond, one.tokens + (passedMs * one.perSecond) / 1000);
  one.atMs = Math.max(one.atMs, nowMs);
}

/** Takes one token; false when there is none. */
export function take(one: Bucket, nowMs: number): boolean {
  refill(one, nowMs);
  if (one.tokens < 1) return false;
  one.tokens--;
  return true;
}

/** Takes so many tokens, whether or not they are there; gives the milliseconds until they would have been. */
export function borrow(one: Bucket, nowMs: number, tokens: number): number {
  refill(one, nowMs);
  one.tokens -= tokens;
  return one.tokens >= 0 ? 0 : Math.ceil((-one.tokens * 1000) / one.perSecond);
}

/** The account's buckets. */
export interface Rates {
  readonly reads: Bucket;
  readonly writes: Bucket;
  readonly control: Map<string, Bucket>;
  readonly connects: Map<string, Bucket>;
}

export function openRates(nowMs: number): Rates {
  return {
    reads: bucket(ratesPerSecond.deviceReads, nowMs),
    writes: bucket(ratesPerSecond.deviceWrites, nowMs),
    control: new Map(),
    connects: new Map(),
  };
}

/** Refuses a device's call that comes too soon. */
export function refuseIfTooMany(rates: Rates | undefined, nowMs: number, { operation }: Call): void {
  if (rates === undefined || operation === "unknown") return;
  const one = operation === "start-next" || operation === "update" ? rates.writes : rates.reads;
  if (!take(one, nowMs)) throw new DeviceRefusal("RequestThrottled", "Rate exceeded");
}

/** What one connection may still send and receive. */
export interface ConnectionRates {
  /** Whether one more message is let through; those above the quota are discarded. */
  mayPublish(nowMs: number): boolean;
  /** For how many milliseconds the next message is kept back, after so many bytes. */
  delayMs(nowMs: number, sizeBytes: number): number;
}

/** Client ids are remembered for no longer than they count. */
const rememberedIds = 10_000;

function takeNamed(buckets: Map<string, Bucket>, name: string, perSecond: number, nowMs: number): boolean {
  if (buckets.size >= rememberedIds) for (const [known, { atMs }] of buckets) if (nowMs - atMs >= 1000) buckets.delete(known);
  const one = buckets.get(name) ?? bucket(perSecond, nowMs);
  buckets.set(name, one);
  return take(one, nowMs);
}

/** What the transports ask. Everything is let through while the switch is off. */
export function rateCalls({ rates }: Pick<Store, "rates">, now: () => number) {
  return {
    /** Refuses a call of the control plane that comes too soon after others of the same operation. */
    control(operation: string): void {
      if (rates !== undefined && !takeNamed(rates.control, operation, ratesPerSecond.control, now())) {
        throw new ControlRefusal("ThrottlingException", "Rate exceeded");
      }
    },
    mayConnect: (clientId: string): boolean => rates === undefined || takeNamed(rates.connects, clientId, ratesPerSecond.connects, now()),
    /** For a connection that was let in; undefined while the switch is off. */
    connection(): ConnectionRates | undefined {
      if (rates === undefined) return undefined;
      const publishes = bucket(ratesPerSecond.publishes, now());
      const bytes = bucket(ratesPerSecond.bytes, now());
      return { mayPublish: (nowMs) => take(publishes, nowMs), delayMs: (nowMs, sizeBytes) => borrow(bytes, nowMs, sizeBytes) };
    },
  };
}
