/** The story as it is read at a terminal: chapters, and moments with their time. */
import pc from "../colour";
import { paintStatus, table } from "../cli/output";
import type { Moment } from "./stage";
import type { StoryJob } from "./story";

const colours = { service: pc.blue, board: pc.dim, pin: pc.yellow };
const signs = { service: "service", board: "board  ", pin: "pin    " };

/** Prints each moment with the seconds since `startMs`. */
export function timeline(startMs: number): { readonly tell: Moment; readonly chapter: (title: string) => void } {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  return {
    tell: (who, text) =>
      print(`${pc.dim(((performance.now() - startMs) / 1000).toFixed(2).padStart(7))}  ${colours[who](`${signs[who]}  ${text}`)}`),
    chapter: (title) => print(`\n${pc.bold(title)}`),
  };
}

/** The jobs, their ends and their cost. */
export function closingTable(jobs: readonly StoryJob[]): string {
  const head = ["JOB", "STATUS", "DETAILS", "SENT", "RECEIVED", "SECONDS"];
  const rows = jobs.map((job) => [
    job.jobId,
    paintStatus(job.status),
    Object.entries(job.statusDetails)
      .map(([key, value]) => `${key}: ${value.length > 60 ? `${value.slice(0, 59)}…` : value}`)
      .slice(0, 4)
      .join("\n"),
    String(job.published),
    String(job.received),
    job.seconds.toFixed(2),
  ]);
  return table(head, rows);
}
