/** The measured numbers, from what `make bench JSON=1` printed on the machine that it names. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JobCost } from "../bench/messages";
import type { JobsServiceNumbers } from "../bench/service";
import { root } from "../bundle/targets";
import { goals, type Sizes } from "../bundle/size";
import { markdownTable } from "./sections";
import { verdict } from "./verdict";
import { serviceRows } from "./service-numbers";

/** Where they are kept. */
export const numbersFile = "docs/numbers.json";

interface Numbers {
  readonly machine: string;
  readonly sizes: Sizes;
  readonly messages: readonly JobCost[];
  readonly connectedMs: number;
  readonly editToRunningSeconds: readonly number[];
  readonly jobsPerSecond: number;
  readonly roundTripsPerSecond: number;
  /** Absent from what was measured before there was such a member. */
  readonly jobsService?: JobsServiceNumbers;
}

/** What was measured, on which machine, and which goals are met. */
export function numbersTable(): string {
  const file = join(root, numbersFile);
  if (!existsSync(file)) return "Not measured yet.";
  const measured = JSON.parse(readFileSync(file, "utf8")) as Numbers;
  return `Measured with \`make bench\` on: ${measured.machine}.\n\n${markdownTable(["what", "measured", "goal"], rowsOf(measured))}`;
}

const bytes = (count: number): string => `${count.toLocaleString("en")} bytes`;
const share = (part: number, whole: number): string => `${Math.round((100 * part) / whole)} %`;

function rowsOf(measured: Numbers): string[][] {
  const { sizes, jobsPerSecond, roundTripsPerSecond } = measured;
  const slowest = Math.max(...measured.editToRunningSeconds);
  const { heap } = sizes;
  return [
    ["bundle, as text", `${bytes(sizes.textBytes)} (${bytes(sizes.gzipBytes)} with gzip -9)`, ""],
    [
      "bundle, stripped bytecode",
      bytes(sizes.strippedBytes),
      `${bytes(goals.strippedBytes)}: ${verdict(sizes.strippedBytes <= goals.strippedBytes)}`,
    ],
    ["of that, TypeScriptToLua's library", `${bytes(sizes.libraryBytes)}, ${share(sizes.libraryBytes, sizes.strippedBytes)}`, ""],
    [
      "Lua heap after boot, more than an empty machine (32-bit, from bytecode)",
      heap === undefined ? "not measured here: no 32-bit Lua" : bytes(heap.bytecodeBytes),
      heap === undefined ? bytes(goals.heapBytes) : `${bytes(goals.heapBytes)}: ${verdict(heap.bytecodeBytes <= goals.heapBytes)}`,
    ],
    [
      "of that without code, which the Lua Flash Store keeps in flash",
      heap === undefined ? "not measured here: no 32-bit Lua" : bytes(heap.withoutCodeBytes),
      "",
    ],
    ...measured.messages.map(({ job, published, received, progress }) => [
      `MQTT messages, ${job}`,
      `${published} published, ${received} received${progress === 0 ? "" : ` (${progress} of the published tell of progress)`}`,
      "",
    ]),
    ["from `make up` to a connected board", `${(measured.connectedMs / 1000).toFixed(1)} s`, ""],
    [
      "from an edit to a board that runs it (`make watch`)",
      `${slowest.toFixed(1)} s, the slowest of ${measured.editToRunningSeconds.length}`,
      `2 s: ${verdict(slowest <= 2)}`,
    ],
    [
      "jobs of 100 Node agents, against plain round trips of the same broker",
      `1 job for ${(roundTripsPerSecond / jobsPerSecond).toFixed(1)} round trips (${jobsPerSecond.toFixed(0)} and ${roundTripsPerSecond.toFixed(0)} a second)`,
      "",
    ],
    ...(measured.jobsService === undefined ? [] : serviceRows(measured.jobsService)),
  ];
}
