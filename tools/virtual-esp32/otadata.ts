/** Which slot boots, and how that changes: the boot loader and esp_ota_ops.c of ESP-IDF 5.1.3 with rollback enabled. Two sectors hold one entry each. */
import type { Flash, OtaEntry } from "./flash";
import { soundImageIn } from "./image";

export const slotNames = ["ota_0", "ota_1"] as const;
export type SlotName = (typeof slotNames)[number];

type Sector = 0 | 1;
const sectors: readonly Sector[] = [0, 1];

function slotOf(entry: OtaEntry): SlotName {
  return slotNames[(entry.seq - 1) % 2 === 0 ? 0 : 1];
}

function isBootable(entry: OtaEntry | undefined): entry is OtaEntry {
  return entry !== undefined && entry.state !== "invalid" && entry.state !== "aborted";
}

/** The sector that decides: the higher sequence number of those not given up. */
function activeSector(flash: Flash): Sector | undefined {
  const [first, second] = flash.otadata;
  if (isBootable(first) && isBootable(second)) return first.seq >= second.seq ? 0 : 1;
  return isBootable(first) ? 0 : isBootable(second) ? 1 : undefined;
}

/** Erases a sector and writes it: two writes, and between them the entry is gone. */
function rewrite(flash: Flash, sector: Sector, entry: OtaEntry): void {
  const set = (value: OtaEntry | undefined): void => {
    flash.otadata[sector] = value;
    flash.save("otadata");
  };
  flash.write("otadata (erase)", () => set(undefined));
  flash.write("otadata", () => set(entry));
}

/** The state in the slot's own entry, undefined when it has none (esp_ota_get_state_partition). */
export function slotState(flash: Flash, slot: SlotName): OtaEntry["state"] | undefined {
  return flash.otadata.find((entry) => entry !== undefined && slotOf(entry) === slot)?.state;
}

/** What the next reset would boot (esp_ota_get_boot_partition). */
export function nextSlot(flash: Flash): SlotName {
  const active = activeSector(flash);
  return active === undefined ? "ota_0" : slotOf(flash.otadata[active]!);
}

/** What the boot loader does: gives up an image that was on trial, marks a new one, and tells the slot to run; undefined when none is sound. */
export function chooseSlot(flash: Flash): SlotName | undefined {
  for (const sector of sectors) {
    const entry = flash.otadata[sector];
    if (entry?.state === "testing") rewrite(flash, sector, { ...entry, state: "aborted" });
  }
  const isEmpty = flash.otadata.every((entry) => entry === undefined);
  const active = activeSector(flash);
  const wanted = active === undefined ? "ota_0" : slotOf(flash.otadata[active]!);
  if (active !== undefined && flash.otadata[active]!.state === "new") {
    rewrite(flash, active, { ...flash.otadata[active]!, state: "testing" });
  }
  const other = wanted === "ota_0" ? "ota_1" : "ota_0";
  const chosen = [wanted, other].find((slot): slot is SlotName => soundImageIn(flash.slot(slot as SlotName)) !== undefined);
  // A table without a factory app: an empty otadata is filled at the first boot (set_actual_ota_seq).
  if (chosen !== undefined && isEmpty) rewrite(flash, 0, { seq: slotNames.indexOf(chosen) + 1, state: "valid" });
  return chosen;
}

/** Makes a slot the one to boot next, as new (esp_ota_set_boot_partition). */
export function bootNext(flash: Flash, slot: SlotName): void {
  const wanted = slotNames.indexOf(slot) + 1;
  const active = activeSector(flash);
  if (active === undefined) {
    rewrite(flash, 0, { seq: wanted, state: "new" });
    return;
  }
  let seq = wanted % 2;
  while (flash.otadata[active]!.seq > seq) seq += 2;
  rewrite(flash, active === 0 ? 1 : 0, { seq, state: "new" });
}

/** Ends a trial (esp_ota_mark_app_valid_cancel_rollback). False when no entry is active. */
export function acceptRunning(flash: Flash): boolean {
  const active = activeSector(flash);
  if (active === undefined) return false;
  const entry = flash.otadata[active]!;
  if (entry.state !== "valid") rewrite(flash, active, { ...entry, state: "valid" });
  return true;
}

/** Marks the running image invalid, so that the next reset boots the other one. False when there is no other that is sound and not given up. */
export function giveUpRunning(flash: Flash, running: SlotName): boolean {
  const active = activeSector(flash);
  const other: SlotName = running === "ota_0" ? "ota_1" : "ota_0";
  const entry = flash.otadata.find((candidate) => candidate !== undefined && slotOf(candidate) === other);
  if (active === undefined || !isBootable(entry) || soundImageIn(flash.slot(other)) === undefined) return false;
  rewrite(flash, active, { ...flash.otadata[active]!, state: "invalid" });
  return true;
}
