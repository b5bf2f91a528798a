/** Carries out over MQTT what faults plan: what comes in and what leaves passes here, late, twice, in another order, or never. */
import type { TimeSource } from "../time";
import type { Departure, Passage } from "./mqtt-face-delivery";
import type { Rules } from "./rules";
import type { FaultOperation } from "./rules/faults";

/** A request that has come in. */
export interface Arrival {
  readonly thingName: string;
  /** What follows `jobs/` in its topic. */
  readonly suffix: string;
  carryOut(): void;
  /** Tells the device that it came, and does nothing else. */
  acknowledge(): void;
  hangUp(): void;
}

/** Decides what becomes of a request: `(arrival) => arrival.carryOut()` is a healthy service. */
export type Entrance = (arrival: Arrival) => void;

export interface FaultyWays {
  readonly passage: Passage;
  readonly entrance: Entrance;
  /** Lets a connection in, perhaps later, or not. */
  connect(clientId: string, admit: (refused: boolean) => void): void;
}

type FaultRules = Pick<Rules, "faults" | "readTopic" | "readCall">;

/** The ways in and out of a service whose faults can be switched on. Without a fault nothing is added to them. */
export function faultyWays({ faults, readTopic, readCall }: FaultRules, time: TimeSource): FaultyWays {
  /** Messages that wait for another one to pass, by thing. */
  const held = new Map<string, (() => void)[]>();

  function operationIn({ kind, topic }: Departure): FaultOperation | undefined {
    const suffix = readTopic(topic)?.suffix ?? "";
    if (kind === "notification") return suffix === "notify-next" ? "notify-next" : "notify";
    return faults.operationOf(readCall(suffix.slice(0, suffix.lastIndexOf("/"))));
  }

  function after(delayMs: number | undefined, act: () => void): void {
    if (delayMs === undefined) act();
    else time.after(delayMs, act);
  }

  function leave(thingName: string, send: () => void): void {
    send();
    const waiting = held.get(thingName);
    if (waiting === undefined) return;
    held.delete(thingName);
    for (const next of waiting) next();
  }

  function hold(thingName: string, holdMs: number, send: () => void): void {
    let isSent = false;
    const once = (): void => {
      if (!isSent) send();
      isSent = true;
    };
    held.set(thingName, [...(held.get(thingName) ?? []), once]);
    time.after(holdMs, once);
  }

  return {
    passage(departure) {
      const { thingName } = departure;
      const plan = faults.plan("reply", thingName, operationIn(departure));
      if (plan === undefined) return leave(thingName, () => departure.send());
      if (plan.disconnect === "before") return departure.hangUp();
      if (plan.drop === true) return plan.disconnect === undefined ? undefined : departure.hangUp();
      const send = (): void => {
        for (let copies = 0; copies <= (plan.copies ?? 0); copies++) departure.send();
        if (plan.disconnect === "after") departure.hangUp();
      };
      after(plan.delayMs, () => {
        if (plan.holdMs === undefined) leave(thingName, send);
        else hold(thingName, plan.holdMs, send);
      });
    },
    entrance(arrival) {
      const plan = faults.plan("request", arrival.thingName, faults.operationOf(readCall(arrival.suffix)));
      if (plan === undefined) return arrival.carryOut();
      if (plan.disconnect !== undefined) return arrival.hangUp();
      if (plan.drop === true) return arrival.acknowledge();
      // A broker confirms what it took over, long before anyone has worked on it.
      if (plan.delayMs !== undefined) arrival.acknowledge();
      after(plan.delayMs, () => {
        for (let copies = 0; copies <= (plan.copies ?? 0); copies++) arrival.carryOut();
      });
    },
    connect(clientId, admit) {
      const plan = faults.plan("connect", clientId, "connect");
      after(plan?.delayMs, () => admit(plan?.refuse === true));
    },
  };
}
