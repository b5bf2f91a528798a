/** The partition tables: each fits its flash, its slots are alike, and what is wrong with a table is told. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../tools/bundle/targets";
import { flashSizes } from "../tools/firmware/build/build";
import { embeddedLua, expectedSizes } from "../tools/firmware/build/sizes";
import { chips } from "../tools/firmware/chips";
import { readConfig } from "../tools/firmware/kconfig";
import { partitionTableOffset, parsePartitionTable, type Partition } from "../tools/firmware/partition-table";
import { findPartitionProblems, parsePartitionsCsv, slotsOf } from "../tools/firmware/partitions-csv";
import { partitionTable } from "./surroundings/firmware-images";

const read = (name: string): string => readFileSync(join(root, "firmware", name), "utf8");
const table = (name: string): Partition[] => parsePartitionsCsv(read(name));
const ours = table("partitions/4mb.csv");

/** The largest image that was measured: with our component and everything else that is asked for, 128 KB for Lua among it. */
const measuredImageBytes = 1_262_032;
/** The boot loader with rollback. */
const measuredBootloaderBytes = 26_784;

describe("each table", () => {
  test.each(Object.entries(flashSizes))("for %s is sound, and its comments explain every partition", (name, sizeBytes) => {
    const file = `partitions/${name.toLowerCase()}.csv`;
    expect(findPartitionProblems(table(file), sizeBytes)).toEqual([]);
    const comments = `${read(file)}${read("partitions/4mb.csv")}`.match(/^#.*$/gm)!.join("\n");
    for (const { label } of table(file)) expect(comments.replace("ota_0/1", "ota_0 ota_1")).toContain(label);
  });

  test("of the stock way is sound", () => {
    expect(findPartitionProblems(table("partitions.csv"), flashSizes["4MB"])).toEqual([]);
  });

  test.each(Object.keys(flashSizes))("for %s has identity and otadata where the others have them", (name) => {
    expect(table(`partitions/${name.toLowerCase()}.csv`).slice(0, 3)).toEqual(ours.slice(0, 3));
  });

  test("has room for the image that was measured, and for a quarter more", () => {
    for (const { sizeBytes } of slotsOf(ours)) expect(measuredImageBytes * 1.25).toBeLessThan(sizeBytes);
  });

  test("leaves the boot loader its room before the table, on each chip", () => {
    for (const { bootloaderOffset } of Object.values(chips))
      expect(bootloaderOffset + measuredBootloaderBytes).toBeLessThan(partitionTableOffset);
    expect(chips).toMatchObject({
      esp32: { bootloaderOffset: 0x1000 },
      esp32s3: { bootloaderOffset: 0 },
      esp32c3: { bootloaderOffset: 0 },
    });
  });

  test("is what a partition table in flash is read as", () => {
    const rows = ours.map(({ label, type, subtype, offset, sizeBytes }) => [label, type, subtype, offset, sizeBytes] as const);
    expect(parsePartitionTable(partitionTable(rows))).toEqual(ours.map((row) => expect.objectContaining(row) as Partition));
  });

  test("has slots that hold the Lua Flash Store and the firmware beside it", () => {
    const lfsBytes = Number(readConfig(read("sdkconfig.defaults"), "").get("CONFIG_NODEMCU_EMBEDDED_LFS_SIZE"));
    expect(lfsBytes % 0x1000).toBe(0);
    // NodeMCU's luac.cross has a fixed buffer of 256 KB and writes beyond it.
    expect(lfsBytes).toBeLessThanOrEqual(0x40000);
  });
});

describe("a table is refused", () => {
  const changed = (label: string, change: Partial<Partition>): string[] =>
    findPartitionProblems(
      ours.map((row) => (row.label === label ? { ...row, ...change } : row)),
      flashSizes["4MB"],
    );

  test.each([
    ["ota_0", { offset: 0x28000, sizeBytes: 0x180000 }, "ota_0 begins at 0x28000, which is no multiple of 0x10000"],
    ["nvs", { offset: 0x9800 }, "nvs begins at 0x9800, which is no multiple of 0x1000"],
    ["nvs", { offset: 0x8000 }, "nvs begins at 0x8000, where boot loader and table are"],
    ["nvs", { sizeBytes: 0x7000 }, "nvs and otadata overlap"],
    ["nvs", { sizeBytes: 0x5800 }, "nvs has 0x5800 bytes, which are not whole sectors"],
    ["otadata", { sizeBytes: 0x1000 }, "otadata has 0x1000 bytes; otadata has 0x2000"],
    ["storage", { sizeBytes: 0xc1000 }, "storage ends at 0x401000, behind the flash"],
    ["ota_1", { sizeBytes: 0x180000 }, "ota_0 and ota_1 differ in size: an image must fit both"],
    ["ota_1", { subtype: 0x12 }, "ota_0 and ota_1 are not there"],
    ["storage", { label: "nvs" }, "nvs is there twice"],
    ["otadata", { type: 1, subtype: 0x82 }, "otadata is not there"],
    ["nvs", { subtype: 0x82 }, "nvs is not there"],
  ])("when %s has %j", (label, change, problem) => {
    expect(changed(label, change)).toContain(problem);
  });

  test.each([
    ["nvs, data, nvs, , 0x6000", 'partition table, line 1: the offset "" is not a number'],
    ["# c\nnvs, data, nvs, 0x9000, 24K", 'partition table, line 2: the size "24K" is not a number'],
    ["nvs, dta, nvs, 0x9000, 0x6000", 'the type "dta" is not a number'],
    ["nvs, data, nvx, 0x9000, 0x6000", 'the subtype "nvx" is not a number'],
    ["a_name_of_16_char, data, nvs, 0x9000, 0x6000", "is no name of 1 to 15 characters"],
  ])("with the line %j", (text, problem) => {
    expect(() => parsePartitionsCsv(text)).toThrow(problem);
  });
});

test("the agent and its boot chunk fit the Lua Flash Store, and the image its slot", () => {
  for (const { name, bytes, limitBytes } of expectedSizes(embeddedLua)) expect(bytes, name).toBeLessThanOrEqual(limitBytes);
});
