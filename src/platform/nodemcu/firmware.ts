/** The two firmware slots, by module otaupgrade. */
import { sortedKeys } from "../../portable/keys";
import type { Firmware, Refusal } from "../../ports";

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

// The firmware's messages are for people already; only a place in a Lua file is cut off.
function refusal(ok: boolean, error: unknown): Refusal {
  if (ok) return undefined;
  const [reason] = string.gsub(tostring(error), "^[^ ]+:%d+: ", "");
  return reason;
}

let target: string | undefined;

export const nodemcuFirmware: Firmware = {
  info() {
    const { running, own } = look();
    return {
      version: own.version ?? node.info("sw_version").git_commit_id ?? "unknown",
      slot: running ?? "unknown",
      state: own.state === "testing" ? "trial" : "accepted",
    };
  },
  target() {
    const slot = otherSlot();
    return slot === undefined ? undefined : { slot, sizeBytes: undefined };
  },
  begin() {
    target = otherSlot();
    const [ok, error] = pcall(otaupgrade.commence);
    return refusal(ok, error);
  },
  write(chunk) {
    const [ok, error] = pcall(otaupgrade.write, chunk);
    return refusal(ok, error);
  },
  activate() {
    // Without the 0 it works as well; with `true` it would raise after the switch (otaupgrade.c, luaL_optint).
    const [ok, error] = pcall(otaupgrade.complete, 0);
    // Whether the boot slot was switched is not told (otaupgrade.c ignores the result), so look.
    return refusal(ok && look().following === target, ok ? "the boot slot could not be switched" : error);
  },
  accept() {
    // It raises where there is no trial: in the factory application.
    if (look().own.state !== "testing") return undefined;
    const [ok, error] = pcall(otaupgrade.accept);
    return refusal(ok, error);
  },
  rollback() {
    const [ok, error] = pcall(otaupgrade.rollback);
    return refusal(ok, error);
  },
};

/** Phrases about what this firmware and its boot loader cannot do. */
export function firmwareLimits(): string[] {
  if (otherSlot() === undefined) return ["no second firmware slot: no updates"];
  return look().own.state === "undefined" ? ["no trial of new firmware: the boot loader does not roll back"] : [];
}
