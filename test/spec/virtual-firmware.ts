/** Two firmware slots for specs. */
import type { Bytes, Firmware, FirmwareState, Refusal } from "../../src/ports";
import { text } from "../../src/portable/integers";

/** A step of an update. */
export type FirmwareStep = "begin" | "write" | "activate" | "accept" | "rollback";

/** What runs, and what an update meets. */
export interface FirmwareScript {
  readonly version: string;
  /** Undefined: not told. */
  readonly project: string | undefined;
  readonly state: FirmwareState;
  readonly runningSlot: string;
  /** The size of the slot that updates go to; 0 makes a board that cannot update itself. */
  readonly slotBytes: number;
  /** Steps that are refused, with the reason. */
  readonly refusals: { readonly [step in FirmwareStep]?: string };
}

/** The slots. `slot` takes the pieces written since `begin`; `did` hears of each step but the writes; `restart` ends this boot. */
export function virtualFirmware(
  script: FirmwareScript,
  slot: Bytes[],
  did: (what: string) => void,
  restart: (how: string) => void,
): Firmware {
  const { version, project, runningSlot, slotBytes, refusals } = script;
  let state = script.state;
  let isOpen = false;
  let writtenBytes = 0;

  return {
    info: () => (project === undefined ? { version, slot: runningSlot, state } : { version, project, slot: runningSlot, state }),
    target: () => (slotBytes === 0 ? undefined : { slot: runningSlot === "ota_0" ? "ota_1" : "ota_0", sizeBytes: slotBytes }),
    begin(): Refusal {
      if (refusals.begin !== undefined) return refusals.begin;
      if (state === "trial") return "the running firmware is on trial";
      did("begin update");
      isOpen = true;
      writtenBytes = 0;
      while (slot.length > 0) slot.pop();
      return undefined;
    },
    write(chunk: Bytes): Refusal {
      if (refusals.write !== undefined) return refusals.write;
      if (!isOpen) return "no update was begun";
      if (writtenBytes + chunk.length > slotBytes) return "the slot is full";
      writtenBytes += chunk.length;
      slot.push(chunk);
      return undefined;
    },
    activate(): Refusal {
      if (refusals.activate !== undefined) return refusals.activate;
      if (!isOpen) return "no update was begun";
      isOpen = false;
      did(`activate ${text(writtenBytes)} bytes`);
      return undefined;
    },
    accept(): Refusal {
      if (refusals.accept !== undefined) return refusals.accept;
      if (state === "trial") did("accept firmware");
      state = "accepted";
      return undefined;
    },
    rollback(): Refusal {
      if (refusals.rollback !== undefined) return refusals.rollback;
      if (state !== "trial") return "there is no firmware to go back to";
      restart("roll back");
      return undefined;
    },
  };
}
