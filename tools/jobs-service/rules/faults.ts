/**
 * Faults on request: what is to go wrong, where, how often. Pure: the transports ask for a plan at each step and carry it out. Each
 * fault has a generator of its own, so that the same seeds and the same order of events give the same run. Kept in memory only: a
 * service that starts again is a healthy one.
 */
import type { FaultKind, FaultOperation, FaultOrder } from "./fault-input";
import { readFaultOrder } from "./fault-input";
import { ControlRefusal, DeviceRefusal } from "./refusals";
import type { Call } from "./topics";

export type { FaultKind, FaultMoment, FaultOperation, FaultOrder } from "./fault-input";

/** A fault that is on. */
export interface Fault extends FaultOrder {
  readonly id: string;
  /** How often it could have happened, and how often it did. */
  seen: number;
  done: number;
  /** State of its generator. */
  random: number;
}

/** What goes wrong with one message, connection or download. */
export interface FaultPlan {
  refusal?: "throttle" | "internal-error";
  drop?: true;
  /** More copies of it than one. */
  copies?: number;
  delayMs?: number;
  /** Waits for the next message to pass by, so long at most. */
  holdMs?: number;
  disconnect?: "before" | "after";
  refuse?: true;
  /** Where in the body, from 0 (its start) up to 1. */
  corruptAt?: number;
  truncateAt?: number;
  expired?: true;
  bytesPerSecond?: number;
}

/** All faults, in the order in which they were asked for. */
export interface Faults {
  readonly byId: Map<string, Fault>;
  made: number;
}

export function noFaults(): Faults {
  return { byId: new Map(), made: 0 };
}

const operationNames = { "get-pending": "get", "start-next": "start-next", describe: "describe", update: "update" } as const;

/** The operation of a device's call as faults name it, undefined for a topic that fits no call. */
export function operationOf({ operation }: Call): FaultOperation | undefined {
  return operation === "unknown" ? undefined : operationNames[operation];
}

/** The step at which a fault has its say: while the call is carried out, or on the way to it and back. A notification is a reply. */
export type FaultStep = "call" | "request" | "reply" | "connect" | "download";

const inCall: readonly FaultKind[] = ["throttle", "internal-error"];

function concerns({ fault, at }: Fault, step: FaultStep): boolean {
  if (step === "connect" || step === "download") return true;
  if (step === "call") return inCall.includes(fault);
  return !inCall.includes(fault) && (at === "request") === (step === "request");
}

/**
 * What goes wrong at this step, undefined when nothing does. Counts and draws, so it is to be asked once for each. `thingName` is
 * undefined where it is not known, as for a plain URL; that meets faults for every thing only.
 */
function planFaults(
  faults: Faults,
  step: FaultStep,
  thingName: string | undefined,
  operation: FaultOperation | undefined,
): FaultPlan | undefined {
  if (faults.byId.size === 0 || operation === undefined) return undefined;
  let plan: FaultPlan | undefined;
  for (const fault of faults.byId.values()) {
    if (fault.target !== undefined && fault.target !== thingName) continue;
    if (!fault.operations.includes(operation) || !concerns(fault, step) || !happens(fault)) continue;
    plan ??= {};
    apply(fault, plan);
  }
  return plan;
}

function happens(fault: Fault): boolean {
  if (fault.done >= (fault.count ?? Infinity)) return false;
  fault.seen++;
  if (fault.seen <= fault.after || (fault.probability < 1 && draw(fault) >= fault.probability)) return false;
  fault.done++;
  return true;
}

function apply(fault: Fault, plan: FaultPlan): void {
  switch (fault.fault) {
    case "throttle":
    case "internal-error":
      plan.refusal ??= fault.fault;
      break;
    case "delay":
      plan.delayMs = (plan.delayMs ?? 0) + (fault.delayMs ?? 0);
      break;
    case "drop":
      plan.drop = true;
      break;
    case "duplicate":
      plan.copies = (plan.copies ?? 0) + 1;
      break;
    case "reorder":
      plan.holdMs = Math.max(plan.holdMs ?? 0, fault.delayMs ?? 0);
      break;
    case "disconnect":
      plan.disconnect = fault.at === "after-reply" ? (plan.disconnect ?? "after") : "before";
      break;
    case "refuse-connection":
      plan.refuse = true;
      break;
    case "corrupt":
      plan.corruptAt = draw(fault);
      break;
    case "truncate":
      plan.truncateAt = Math.min(plan.truncateAt ?? 1, draw(fault));
      break;
    case "expire-url":
      plan.expired = true;
      break;
    case "slow-download":
      plan.bytesPerSecond = Math.min(plan.bytesPerSecond ?? Infinity, fault.bytesPerSecond ?? Infinity);
  }
}

/** The next number from 0 up to 1 (mulberry32: 32 bits of state, good enough to throw dice with). */
function draw(fault: Fault): number {
  fault.random = (fault.random + 0x6d2b79f5) | 0;
  let mixed = Math.imul(fault.random ^ (fault.random >>> 15), 1 | fault.random);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

const refusals = {
  throttle: ["RequestThrottled", "Rate exceeded"],
  "internal-error": ["InternalError", "The service failed"],
} as const;

/** Refuses a device's call when a fault says so; before anything else is looked at. */
export function refuseIfFaulty(faults: Faults, thingName: string, call: Call): void {
  const refusal = planFaults(faults, "call", thingName, operationOf(call))?.refusal;
  if (refusal === undefined) return;
  const [code, message] = refusals[refusal];
  throw new DeviceRefusal(code, message);
}

/** A fault as it is shown. */
function faultView({ random: _state, ...fault }: Fault) {
  return fault;
}

/** What can be asked of the faults from outside. */
export function faultCalls(faults: Faults) {
  return {
    add(order: Readonly<Record<string, unknown>>) {
      const checked = readFaultOrder(order);
      const fault: Fault = { id: `f${++faults.made}`, ...checked, seen: 0, done: 0, random: checked.seed };
      faults.byId.set(fault.id, fault);
      return faultView(fault);
    },
    list: () => [...faults.byId.values()].map(faultView),
    remove(id: string): void {
      if (!faults.byId.delete(id)) throw new ControlRefusal("ResourceNotFoundException", `There is no fault ${id}`);
    },
    clear: (): void => faults.byId.clear(),
    areAny: (): boolean => faults.byId.size > 0,
    /** See planFaults. */
    plan: (step: FaultStep, thingName: string | undefined, operation: FaultOperation | undefined) =>
      planFaults(faults, step, thingName, operation),
    operationOf,
  };
}
