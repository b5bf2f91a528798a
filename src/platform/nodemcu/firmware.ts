/** The two firmware slots, by module otaupgrade. */
import { sortedKeys } from "../../portable/keys";
import type { Firmware, Refusal } from "../../ports";
import { restartAfter } from "./guard";

/** What otaupgrade.info tells; nothing at all on a firmware without the module. */
interface Slots {
  readonly running: string | undefined;
  readonly following: string | undefined;
  readonly all: Record<string, FirmwareSlot>;
  /** The running slot. Empty for the `factory` application, and for a slot that never was updated. */
  readonly own: FirmwareSlot;
}

function look(): Slots {
  let running: string | undefined;
  let following: string | undefined;
  let all: Record<string, FirmwareSlot> = {};
  pcall(() => {
    [running, following, all] = otaupgrade.info();
  });
  return { running, following, all, own: all[running ?? ""] ?? {} };
}

// The firmware takes the next slot after the running one, and goes round (esp_ota_get_next_update_partition).
function otherSlot(): string | undefined {
  const { running, all } = look();
  const labels = sortedKeys(all);
  for (const label of labels) {
    if (label > (running ?? "")) return label;
  }
  return labels[0] === running ? undefined : labels[0];
}

// Called by pcall itself, these functions put no place in a Lua file before their messages, which are for people already.
function attempt<Value>(call: (this: void, value: Value) => void, value: Value): Refusal {
  const [ok, reason] = pcall(call, value);
  return ok ? undefined : tostring(reason);
}

export const nodemcuFirmware: Firmware = {
  info() {
    const { running, own } = look();
    return {
      version: own.version ?? node.info("sw_version").git_commit_id ?? "unknown",
      project: own.name,
      slot: running ?? "unknown",
      state: own.state === "testing" ? "trial" : "accepted",
    };
  },
  target() {
    const slot = otherSlot();
    return slot === undefined ? undefined : { slot, sizeBytes: undefined };
  },
  begin: () => attempt(otaupgrade.commence, undefined),
  write: (chunk) => attempt(otaupgrade.write, chunk),
  activate() {
    const refusal = attempt(otaupgrade.complete, 0);
    const { running, following } = look();
    // Whether the boot slot was switched is not told: otaupgrade.c ignores that result.
    return refusal ?? (following === running ? "the boot slot could not be switched" : undefined);
  },
  accept() {
    // It raises where there is no trial: in the factory application.
    const refusal = look().own.state === "testing" ? attempt(otaupgrade.accept, undefined) : undefined;
    if (refusal === undefined) restartAfter(0);
    return refusal;
  },
  rollback: () => attempt(otaupgrade.rollback, undefined),
};

/** Phrases about what this firmware and its boot loader cannot do. */
export function firmwareLimits(): string[] {
  if (otherSlot() === undefined) return ["no second firmware slot: no updates"];
  return look().own.state === "undefined" ? ["no trial of new firmware: the boot loader does not roll back"] : [];
}
