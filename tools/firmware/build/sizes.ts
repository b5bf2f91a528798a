/** Sizes against their limits: of the bundle, of the Lua Flash Store and of the image; of the last build where there is one. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildIfStale } from "../../bundle/bundle";
import { strippedBytes } from "../../bundle/fengari";
import { limits } from "../../bundle/size";
import { agentBundle, root } from "../../bundle/targets";
import { readConfig } from "../kconfig";
import { parsePartitionsCsv, slotsOf } from "../partitions-csv";
import type { Size } from "./collect";

/**
 * Bytes in the Lua Flash Store for each byte of stripped bytecode with 32-bit numbers: 106,032 for 57,225, measured with the luac.cross
 * of NodeMCU 7c5bb151 for 64-bit integers and doubles (`-f`, then `-F ... -a`).
 */
const lfsPerStrippedByte = 1.86;

/** An image with everything in it but the Lua code: the one that was measured, 1,262,032 bytes, less its store of 128 KB. */
const imageWithoutLfsBytes = 1_130_960;

const firmware = join(root, "firmware");

/** What there is room for. */
export function roomInFirmware(): { readonly lfsBytes: number; readonly slotBytes: number } {
  const config = readConfig(readFileSync(join(firmware, "sdkconfig.defaults"), "utf8"), "sdkconfig.defaults");
  const [slot] = slotsOf(parsePartitionsCsv(readFileSync(join(firmware, "partitions/4mb.csv"), "utf8")));
  return { lfsBytes: Number(config.get("CONFIG_NODEMCU_EMBEDDED_LFS_SIZE")), slotBytes: slot!.sizeBytes };
}

/** What Lua files would take, without a compiler of NodeMCU's. */
export function expectedSizes(luaFiles: readonly string[]): Size[] {
  const stripped = luaFiles.map((file) => strippedBytes(readFileSync(file, "utf8"))).reduce((sum, bytes) => sum + bytes, 0);
  const { lfsBytes, slotBytes } = roomInFirmware();
  return [
    { name: "bundle, stripped", bytes: strippedBytes(readFileSync(agentBundle.luaFile, "utf8")), limitBytes: limits.strippedBytes },
    { name: "Lua Flash Store, about", bytes: Math.round(stripped * lfsPerStrippedByte), limitBytes: lfsBytes },
    { name: "image, about", bytes: imageWithoutLfsBytes + lfsBytes, limitBytes: slotBytes },
  ];
}

/** The Lua files that go into the Lua Flash Store. */
export const embeddedLua: readonly string[] = [join(firmware, "init.lua"), agentBundle.luaFile];

/** What the last build has, from its manifest. */
function builtSizes(): Size[] {
  const file = join(root, "build/firmware/manifest.json");
  if (!existsSync(file)) return [];
  const { size, slotBytes, lfsBytes, lfsLimitBytes } = JSON.parse(readFileSync(file, "utf8")) as Record<string, number>;
  return [
    { name: "Lua Flash Store, last build", bytes: lfsBytes ?? 0, limitBytes: lfsLimitBytes ?? 0 },
    { name: "image, last build", bytes: size ?? 0, limitBytes: slotBytes ?? 0 },
  ];
}

/** One line for each size. */
export function describeFirmwareSizes(sizes: readonly Size[]): string {
  return sizes
    .map(
      ({ name, bytes, limitBytes }) =>
        `${name.padEnd(28)}${`${bytes}`.padStart(9)} of ${`${limitBytes}`.padStart(7)}  ${Math.round((100 * bytes) / limitBytes)} %`,
    )
    .join("\n");
}

if (process.argv[1] === import.meta.filename) {
  const built = buildIfStale(agentBundle);
  if (!built.ok) throw new Error(built.problems.join("\n"));
  process.stdout.write(`${describeFirmwareSizes([...expectedSizes(embeddedLua), ...builtSizes()])}\n`);
}
