/** Partition tables as text (ESP-IDF, "Partition Tables" and gen_esp32part.py), and what is wrong with one. */
import type { Partition } from "./partition-table";
import { partitionTypes } from "./partition-table";
import { FirmwareProblem } from "./problem";

const types: Readonly<Record<string, number>> = partitionTypes;

const subtypes: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  app: { factory: 0x00, test: 0x20, ...Object.fromEntries(Array.from({ length: 16 }, (_, slot) => [`ota_${slot}`, 0x10 + slot])) },
  data: { ota: 0x00, phy: 0x01, nvs: 0x02, coredump: 0x03, nvs_keys: 0x04, efuse: 0x05, undefined: 0x06, fat: 0x81, spiffs: 0x82 },
};

/** The first byte behind the table's own sector. */
const firstOffset = 0x9000;
const otadataBytes = 0x2000;
const sectorBytes = 0x1000;
const appAlignment = 0x10000;
const maxLabelLength = 15;

/** Reads a table; every offset and size must be there, so that nothing moves when a line is added. */
export function parsePartitionsCsv(text: string): Partition[] {
  const rows = text.split(/\r?\n/).map((line, index) => ({ fields: line.replace(/#.*/, "").split(","), number: index + 1 }));
  return rows
    .filter(({ fields }) => fields.join("").trim() !== "")
    .map(({ fields, number }) => {
      const [label = "", typeName = "", subtypeName = "", offset = "", size = ""] = fields.map((field) => field.trim());
      const refuse = (why: string): never => {
        throw new FirmwareProblem(`partition table, line ${number}: ${why}`);
      };
      if (label === "" || label.length > maxLabelLength) refuse(`"${label}" is no name of 1 to ${maxLabelLength} characters`);
      const numberIn = (value: string, what: string): number =>
        /^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : refuse(`the ${what} "${value}" is not a number`);
      return {
        label,
        type: types[typeName] ?? numberIn(typeName, "type"),
        subtype: subtypes[typeName]?.[subtypeName] ?? numberIn(subtypeName, "subtype"),
        offset: numberIn(offset, "offset"),
        sizeBytes: numberIn(size, "size"),
      };
    });
}

const hex = (value: number): string => `0x${value.toString(16)}`;

function problemsOfRow({ label, type, subtype, offset, sizeBytes }: Partition, flashSizeBytes: number): string[] {
  const isApp = type === partitionTypes.app;
  const alignment = isApp ? appAlignment : sectorBytes;
  const problems: string[] = [];
  if (offset < firstOffset) problems.push(`${label} begins at ${hex(offset)}, where boot loader and table are`);
  if (offset % alignment !== 0) problems.push(`${label} begins at ${hex(offset)}, which is no multiple of ${hex(alignment)}`);
  if (sizeBytes === 0 || sizeBytes % sectorBytes !== 0) problems.push(`${label} has ${hex(sizeBytes)} bytes, which are not whole sectors`);
  if (offset + sizeBytes > flashSizeBytes) problems.push(`${label} ends at ${hex(offset + sizeBytes)}, behind the flash`);
  if (type === partitionTypes.data && subtype === 0 && sizeBytes !== otadataBytes)
    problems.push(`${label} has ${hex(sizeBytes)} bytes; otadata has ${hex(otadataBytes)}`);
  return problems;
}

/** The slots that updates over the air use. */
export function slotsOf(partitions: readonly Partition[]): Partition[] {
  return partitions.filter(({ type, subtype }) => type === partitionTypes.app && subtype >= 0x10 && subtype < 0x20);
}

/** What is wrong with a table for two slots in a flash of this size, one sentence each. */
export function findPartitionProblems(partitions: readonly Partition[], flashSizeBytes: number): string[] {
  const problems = partitions.flatMap((partition) => problemsOfRow(partition, flashSizeBytes));
  const sorted = [...partitions].sort((a, b) => a.offset - b.offset);
  sorted.slice(1).forEach((partition, index) => {
    const before = sorted[index]!;
    if (before.offset + before.sizeBytes > partition.offset) problems.push(`${before.label} and ${partition.label} overlap`);
  });
  const labels = partitions.map(({ label }) => label);
  for (const label of new Set(labels.filter((one, index) => labels.indexOf(one) !== index))) problems.push(`${label} is there twice`);
  const slots = slotsOf(partitions);
  if (slots.length !== 2 || slots.some(({ subtype }, index) => subtype !== 0x10 + index)) problems.push("ota_0 and ota_1 are not there");
  else if (slots[0]!.sizeBytes !== slots[1]!.sizeBytes) problems.push("ota_0 and ota_1 differ in size: an image must fit both");
  if (!partitions.some(({ type, subtype }) => type === partitionTypes.data && subtype === 0)) problems.push("otadata is not there");
  if (!partitions.some(({ type, subtype }) => type === partitionTypes.data && subtype === 2)) problems.push("nvs is not there");
  return problems;
}
