/** What a fault may be asked to do, and the check of such an order. Faults are ours: AWS has no call for them. */
import { thingNamePattern } from "./names";
import { ControlRefusal } from "./refusals";

/** What a device does, or has done to it. `describe` includes `$next/get`. */
export const faultOperations = ["get", "start-next", "describe", "update", "notify", "notify-next", "connect", "download"] as const;
export type FaultOperation = (typeof faultOperations)[number];

/** Where between device and service a fault acts. A notification has no request; it counts as a reply. */
export type FaultMoment = "request" | "reply" | "after-reply";

const requests: readonly FaultOperation[] = ["get", "start-next", "describe", "update"];
const messages: readonly FaultOperation[] = [...requests, "notify", "notify-next"];

interface Kind {
  /** Without a filter it acts on these. */
  readonly usually: readonly FaultOperation[];
  /** It can be told to act on these too. */
  readonly also: readonly FaultOperation[];
  /** The first is the usual one; none where there is no choice. */
  readonly at: readonly FaultMoment[];
  readonly needs?: "delayMs" | "bytesPerSecond";
}

const kinds = {
  /** RequestThrottled, or S3's SlowDown. */
  throttle: { usually: requests, also: ["download"], at: [] },
  /** InternalError, or S3's own. */
  "internal-error": { usually: requests, also: ["download"], at: [] },
  delay: { usually: messages, also: ["connect", "download"], at: ["reply", "request"], needs: "delayMs" },
  /** Is lost on the way; a download's connection ends without an answer. */
  drop: { usually: messages, also: ["download"], at: ["reply", "request"] },
  /** Comes twice; a request is also carried out twice. */
  duplicate: { usually: messages, also: [], at: ["reply", "request"] },
  /** Waits until the next message to the same device has gone, or for `delayMs`. */
  reorder: { usually: messages, also: [], at: [] },
  disconnect: { usually: messages, also: [], at: ["reply", "request", "after-reply"] },
  "refuse-connection": { usually: ["connect"], also: [], at: [] },
  corrupt: { usually: ["download"], also: [], at: [] },
  truncate: { usually: ["download"], also: [], at: [] },
  /** Answers a signed URL as if its time were over. */
  "expire-url": { usually: ["download"], also: [], at: [] },
  "slow-download": { usually: ["download"], also: [], at: [], needs: "bytesPerSecond" },
} as const satisfies Readonly<Record<string, Kind>>;

export type FaultKind = keyof typeof kinds;
export const faultKinds = Object.keys(kinds) as FaultKind[];

/** An order for a fault, checked and complete. */
export interface FaultOrder {
  readonly fault: FaultKind;
  /** A thing's name; every thing without. */
  readonly target?: string;
  readonly operations: readonly FaultOperation[];
  readonly at: FaultMoment;
  /** How likely it is each time, 0 to 1. */
  readonly probability: number;
  /** At most so many times; no end without. */
  readonly count?: number;
  /** Lets the first ones pass. */
  readonly after: number;
  /** The same seed and the same order of events give the same faults. */
  readonly seed: number;
  readonly delayMs?: number;
  readonly bytesPerSecond?: number;
}

const members = ["fault", "target", "operations", "at", "probability", "count", "after", "seed", "delayMs", "bytesPerSecond"];
/** How long a message that is to change places waits for another one. */
const usualHoldMs = 1000;
const maxDelayMs = 24 * 3_600_000;

/** Reads an order; refuses what is unclear with a sentence that names the member. */
export function readFaultOrder(input: Readonly<Record<string, unknown>>): FaultOrder {
  for (const name of Object.keys(input))
    if (!members.includes(name)) throw refusal(`${name} is no member of a fault; it has ${list(members)}`);
  const fault = oneOf(input["fault"], "fault", faultKinds);
  const { target } = input;
  if (target !== undefined && (typeof target !== "string" || !thingNamePattern.test(target))) {
    throw refusal("target must be the name of a thing");
  }
  const kind: Kind = kinds[fault];
  const at = input["at"] === undefined ? (kind.at[0] ?? "reply") : oneOf(input["at"], `at of ${fault}`, kind.at);
  const count = number(input, "count", 1, Number.MAX_SAFE_INTEGER);
  const delayMs = number(input, "delayMs", 0, maxDelayMs) ?? (fault === "reorder" ? usualHoldMs : undefined);
  const bytesPerSecond = number(input, "bytesPerSecond", 1, Number.MAX_SAFE_INTEGER);
  const probability = input["probability"] ?? 1;
  if (typeof probability !== "number" || !(probability >= 0 && probability <= 1)) throw refusal("probability must be a number from 0 to 1");
  const given = { delayMs, bytesPerSecond };
  if (kind.needs !== undefined && given[kind.needs] === undefined) throw refusal(`${fault} needs ${kind.needs}`);
  return {
    fault,
    ...(target !== undefined && { target }),
    operations: operationsOf(input["operations"], fault),
    at,
    probability,
    ...(count !== undefined && { count }),
    after: number(input, "after", 0, Number.MAX_SAFE_INTEGER) ?? 0,
    seed: number(input, "seed", 0, 0xffff_ffff) ?? 1,
    ...(delayMs !== undefined && { delayMs }),
    ...(bytesPerSecond !== undefined && { bytesPerSecond }),
  };
}

function operationsOf(value: unknown, fault: FaultKind): readonly FaultOperation[] {
  const { usually, also }: Kind = kinds[fault];
  if (value === undefined) return usually;
  if (!Array.isArray(value) || value.length === 0) throw refusal("operations must be a list of at least one operation");
  return value.map((item: unknown) => oneOf(item, `an operation of ${fault}`, [...usually, ...also]));
}

function oneOf<T extends string>(value: unknown, what: string, allowed: readonly T[]): T {
  const found = allowed.find((item) => item === value);
  if (found !== undefined) return found;
  throw refusal(allowed.length === 0 ? `there is no choice of ${what}` : `${what} must be one of ${list(allowed)}`);
}

function number(input: Readonly<Record<string, unknown>>, name: string, min: number, max: number): number | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw refusal(
    max === Number.MAX_SAFE_INTEGER ? `${name} must be a whole number from ${min}` : `${name} must be a whole number from ${min} to ${max}`,
  );
}

function list(names: readonly string[]): string {
  return names.join(", ");
}

function refusal(message: string): ControlRefusal {
  return new ControlRefusal("InvalidRequestException", message);
}
