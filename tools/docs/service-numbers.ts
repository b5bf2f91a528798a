/** The Jobs service's rows in the table of numbers: ratios first, as they mean the same on another machine. */
import { growthOfCost, serviceGoals, shareOfBroker, type JobsServiceNumbers, type ServiceNumbers } from "../bench/service";
import { verdict } from "./verdict";

const percent = (share: number): string => `${Math.round(100 * share)} %`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 100 ? 2 : 1)} s`;
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** What was measured, the figures, and the goal. */
export function serviceRows(numbers: JobsServiceNumbers): string[][] {
  const { broker, mosquitto, memory, data } = numbers;
  const modes = [memory, data];
  const both = (of: (mode: ServiceNumbers) => string): string => `${of(memory)} in memory, ${of(data)} with \`--data\``;
  const rate = ({ perSecond }: { readonly perSecond: number }): string => perSecond.toFixed(0);
  const plain = mosquitto === undefined ? "" : `; mosquitto ${rate(mosquitto)}`;
  const { shareOfBroker: share, queuedEverywhereMs, memoryGrowthBytes, growthOfCost: growth } = serviceGoals;
  const restart = data.history.restart;
  return [
    [
      "accepted updates of 1,000 devices, against round trips of the same broker alone",
      `${both((mode) => percent(shareOfBroker(mode, broker).least))} (a second: ${both(({ updates }) => rate(updates))}, broker ${rate(broker)}${plain})`,
      `${percent(share)}: ${verdict(modes.every((mode) => shareOfBroker(mode, broker).least >= share))}`,
    ],
    [
      "a job after 100,000 finished ones, against one after 1,000: the service's processor time",
      both(({ history }) => `${growthOfCost(history).toFixed(2)} times`),
      `flat, at most ${growth}: ${verdict(modes.every(({ history }) => growthOfCost(history) <= growth))}`,
    ],
    [
      "from CreateJob to notify-next, 1,000 devices connected, median and 99 of 100",
      both(({ notifyMs }) => `${notifyMs.p50.toFixed(1)} and ${notifyMs.p99.toFixed(1)} ms`),
      "",
    ],
    [
      "a job queued on all of a group's 10,000 things",
      both(({ groupJob }) => `${seconds(groupJob.queuedEverywhereMs)} and ${megabytes(groupJob.memoryGrowthBytes)}`),
      `${seconds(queuedEverywhereMs)} and ${megabytes(memoryGrowthBytes)}: ${verdict(
        modes.every(({ groupJob }) => groupJob.queuedEverywhereMs <= queuedEverywhereMs && groupJob.memoryGrowthBytes <= memoryGrowthBytes),
      )}`,
    ],
    ...(restart === undefined
      ? []
      : [["start with 100,000 finished jobs", `${seconds(restart.startMs)}, ${megabytes(restart.heapBytes)} of heap in use`, ""]]),
  ];
}
