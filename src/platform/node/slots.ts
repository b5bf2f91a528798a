/** Two firmware slots in the agent's folder, and the boot loader that chooses between them (bootloader_utility.c). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FirmwareInfo } from "../../ports";
import { readText, writeDurably } from "./files";
import { checkImage } from "./image";

export type SlotName = "ota_0" | "ota_1";

/** As otaupgrade.info() of the firmware names them. */
export type SlotState = "new" | "testing" | "valid" | "invalid" | "aborted";

export interface Slot {
  state: SlotState;
  version: string;
  /** None for the firmware that there was before any update. */
  project?: string;
}

/** What `otadata.json` holds. A slot that was never written, or is being written, has no entry. */
export interface OtaData {
  /** The slot to boot next. */
  boot: SlotName;
  slots: { [name in SlotName]?: Slot };
}

const fileName = "otadata.json";

export function otherSlot(slot: SlotName): SlotName {
  return slot === "ota_0" ? "ota_1" : "ota_0";
}

function isSlotState(value: unknown): value is SlotState {
  return ["new", "testing", "valid", "invalid", "aborted"].includes(value as SlotState);
}

function isOtaData(value: unknown): value is OtaData {
  if (typeof value !== "object" || value === null) return false;
  const { boot, slots } = value as Partial<OtaData>;
  if ((boot !== "ota_0" && boot !== "ota_1") || typeof slots !== "object" || slots === null) return false;
  for (const slot of [slots.ota_0, slots.ota_1]) {
    if (slot === undefined) continue;
    const { state, version, project } = slot;
    if (!isSlotState(state) || typeof version !== "string" || !["string", "undefined"].includes(typeof project)) return false;
  }
  return slots[boot] !== undefined;
}

/** Throws one sentence when the file cannot be read or makes no sense: guessing would boot unproven firmware. */
export function readOtaData(dir: string): OtaData | undefined {
  const text = readText(dir, fileName);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!isOtaData(value)) throw new Error(`${fileName} is damaged: remove it to start over with the first slot`);
  return value;
}

export function writeOtaData(dir: string, data: OtaData): void {
  writeDurably(dir, fileName, JSON.stringify(data, undefined, 2) + "\n");
}

/** What the boot loader found. */
export interface Booted {
  readonly slot: SlotName;
  readonly info: FirmwareInfo;
  /** Firmware on trial had not proved itself, and the previous one runs again. */
  readonly rolledBack: boolean;
}

function isBootable(dir: string, slot: SlotName): boolean {
  try {
    return "version" in checkImage(readFileSync(join(dir, `${slot}.bin`)));
  } catch {
    return false;
  }
}

/** Chooses the slot to run. A new image gets one boot on trial; one that is met again still on trial has failed it. */
export function bootSlot(dir: string, firstVersion: string): Booted {
  const known = readOtaData(dir);
  const data: OtaData = known ?? { boot: "ota_0", slots: { ota_0: { state: "valid", version: firstVersion } } };
  const before = JSON.stringify(known);
  const chosen = data.boot;
  const slot = data.slots[chosen];
  if (slot?.state === "new") slot.state = isBootable(dir, chosen) ? "testing" : "aborted";
  else if (slot?.state === "testing") slot.state = "aborted";
  if (slot?.state === "aborted" && data.slots[otherSlot(chosen)]?.state === "valid") data.boot = otherSlot(chosen);
  if (JSON.stringify(data) !== before) writeOtaData(dir, data);
  const running = data.slots[data.boot];
  return {
    slot: data.boot,
    info: {
      version: running?.version ?? "unknown",
      project: running?.project,
      slot: data.boot,
      state: running?.state === "testing" ? "trial" : "accepted",
    },
    rolledBack: data.boot !== chosen,
  };
}
