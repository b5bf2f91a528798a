/** A board's identity as an image for its NVS partition, and back. */
import { identityKeys, identityNamespace, type IdentityFiles } from "./identity-keys";
import { writeNvs, type NvsUse } from "./nvs/image";
import { NvsDamage, readNvs } from "./nvs/read";
import { FirmwareProblem } from "./problem";

/** firmware/partitions.csv. */
export const usualNvsBytes = 0x6000;

/**
 * Entries that an identity leaves to the board. The radio's calibration takes 67 (phy_init.c: 1,904 bytes, a MAC address, a version), the Wi-Fi
 * driver about 117 (nvs_flash's own test_nvs.cpp has what it stores at its first start), and the agent's journal twice 81, for it is written
 * anew before the old one goes: 346 with 2,500 bytes of it. nvs_flash 5.1.3 of ESP-IDF, run over images made here,
 * wrote 3,000 journals of up to that size beside identities that left 350, and failed beside those that left 320.
 */
export const entriesOfBoard = 350;

/** Only what a board reads; in the order of the keys. Refuses what has no room. */
export function writeIdentity(files: IdentityFiles, sizeBytes: number = usualNvsBytes): NvsUse {
  const entries = identityKeys.flatMap(({ name }) => {
    const text = files[name];
    return text === undefined ? [] : [{ namespace: identityNamespace, key: name, value: Buffer.from(text, "utf8") }];
  });
  const use = writeNvs(entries, sizeBytes);
  if (use.freeEntries < entriesOfBoard)
    throw new FirmwareProblem(
      `the identity leaves ${use.freeEntries} entries of the NVS partition, and the board itself needs ${entriesOfBoard}: ` +
        "leave certificates out of ca.pem and cert.pem that are not needed, or make the partition larger",
    );
  return use;
}

/** The files that an image holds. Refuses an image that is damaged, or from a board that has written to it. */
export function readIdentity(image: Uint8Array): Record<string, string> {
  const { entries, erasedEntries } = readNvs(image);
  if (erasedEntries > 0) throw new NvsDamage(`${erasedEntries} of its entries are erased, and a new image has none`);
  const own = entries.filter(({ namespace, value }) => namespace === identityNamespace && value instanceof Uint8Array);
  return Object.fromEntries(own.map(({ key, value }) => [key, Buffer.from(value as Uint8Array).toString("utf8")]));
}
