/** The rollout of a job: which things get their execution now, and when the next ones do. */
import type { Choices } from "../choices";
import { completeIfDone, latest, queue } from "./executions";
import { maxRatePerMinute } from "./job-settings";
import { saveJob, saveUnreached } from "./saved";
import type { Job, Thing } from "./store";
import type { Turn } from "./turn";

const msPerMinute = 60_000;

/** How many things may be told of the job in a minute that begins now. */
function ratePerMinute(job: Job, choices: Choices): number {
  const { maximumPerMinute, exponentialRate } = job.settings.jobExecutionsRolloutConfig ?? {};
  if (exponentialRate === undefined) return maximumPerMinute ?? choices.defaultRolloutPerMinute;
  const { baseRatePerMinute, incrementFactor, rateIncreaseCriteria } = exponentialRate;
  const { numberOfNotifiedThings = Infinity, numberOfSucceededThings = Infinity } = rateIncreaseCriteria;
  // The guide's table: with 1000 and a factor of 2, the rate doubles at 1000 things, again at 2000, at 3000, ...
  const increases = Math.floor(Math.max(job.executions.size / numberOfNotifiedThings, job.counts.SUCCEEDED / numberOfSucceededThings));
  return Math.min(Math.floor(baseRatePerMinute * incrementFactor ** increases), maximumPerMinute ?? maxRatePerMinute);
}

/** A thing has its execution of a job, unless that was taken from it again. */
function isReached(job: Job, thing: Thing): boolean {
  const execution = latest(job.executions.get(thing.thingName));
  return execution !== undefined && execution.status !== "REMOVED";
}

/** Adds things to a job's rollout, which goes on at its rate. */
export function enrol(turn: Turn, job: Job, things: Iterable<Thing>): void {
  const sizeBefore = job.unreached.size;
  for (const thing of things) if (!isReached(job, thing)) job.unreached.add(thing.thingName);
  if (job.unreached.size > sizeBefore) saveUnreached(turn, job);
  rollOut(turn, job);
}

/** Queues as many executions as the job's rate allows at this moment; may complete the job. */
export function rollOut(turn: Turn, job: Job): void {
  if (job.status !== "IN_PROGRESS") return;
  if (job.unreached.size > 0 && job.isOpen) reachMore(turn, job);
  const nextBatchMs = job.unreached.size > 0 && job.isOpen ? job.batch.startedMs + msPerMinute : undefined;
  if (nextBatchMs !== job.nextBatchMs) {
    job.nextBatchMs = nextBatchMs;
    turn.store.deadlines.update(job);
    saveJob(turn, job);
  }
  completeIfDone(turn, job);
}

function reachMore(turn: Turn, job: Job): void {
  if (turn.nowMs >= job.batch.startedMs + msPerMinute) job.batch = { startedMs: turn.nowMs, count: 0 };
  const rate = ratePerMinute(job, turn.store.choices);
  for (const thingName of job.unreached) {
    if (job.batch.count >= rate) break;
    job.unreached.delete(thingName);
    // It may have been deleted meanwhile.
    const thing = turn.store.things.get(thingName);
    if (thing === undefined || isReached(job, thing)) continue;
    job.batch.count++;
    queue(turn, job, thing);
  }
  saveUnreached(turn, job);
  saveJob(turn, job);
}

/**
 * A thing has joined a group that a CONTINUOUS job follows: it gets its execution at once, whatever the rate (developer guide, "Job
 * rollout rates for continuous jobs"), or when the next maintenance window opens.
 */
export function joinJob(turn: Turn, job: Job, thing: Thing): void {
  if (job.status !== "IN_PROGRESS" || job.isRolloutStopped || isReached(job, thing) || job.unreached.has(thing.thingName)) return;
  if (job.isOpen) queue(turn, job, thing);
  else enrol(turn, job, [thing]);
}
