/** What a process has taken of the machine so far. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export interface Usage {
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** The most there ever was. */
  readonly peakRssBytes: number;
  readonly heapBytes: number;
}

/** Of this process. */
export function usage(): Usage {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return { cpuMs: (user + system) / 1000, rssBytes: rss, peakRssBytes: process.resourceUsage().maxRSS * 1024, heapBytes: heapUsed };
}

/** Frees what is garbage, so that what is counted afterwards is in use. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}
