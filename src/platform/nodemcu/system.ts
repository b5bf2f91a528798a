/** The chip: restart, memory, console, chance. */
import type { System } from "../../ports";
import type { Abilities } from "./abilities";
import { crashes, forgetCrashes } from "./crashes";

/** Phrases about the numbers of this build: stock NodeMCU has int32 and float32. */
export function numberLimits(): string[] {
  const limits: string[] = [];
  const fraction: number = 16777216.5;
  if (math.maxinteger === 2147483647) limits.push("whole numbers up to 2147483647");
  if (fraction === Math.floor(fraction)) limits.push("fractions have 7 digits");
  return limits;
}

export function nodemcuSystem({ bootReason, random }: Abilities, limits: readonly string[]): System {
  return {
    restart: node.restart,
    freeBytes: node.heap,
    bootReason,
    crashes,
    forgetCrashes,
    random,
    log: print,
    limits,
  };
}
