import { clockContracts } from "./clock";
import type { Contract } from "./contract";
import { firmwareContracts } from "./firmware";
import { gpioContracts } from "./gpio";
import { hashContracts } from "./hashes";
import { httpContracts } from "./http";
import { jsonContracts } from "./json";
import { mqttContracts } from "./mqtt";
import { recordContracts } from "./records";
import { systemContracts } from "./system";

/** Every contract, in the order in which they are proved. */
export function allContracts(): readonly Contract[] {
  const all: Contract[] = [];
  for (const port of [
    clockContracts,
    jsonContracts,
    hashContracts,
    recordContracts,
    gpioContracts,
    systemContracts,
    firmwareContracts,
    httpContracts,
    mqttContracts(),
  ]) {
    all.push(...port);
  }
  return all;
}
