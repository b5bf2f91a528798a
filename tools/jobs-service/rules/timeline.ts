/** What becomes of a job as time passes: it starts, its maintenance windows open and close, its rollout goes on, it ends. */
import { cancel, completeIfDone, latest } from "./executions";
import { membersOf } from "./group-tree";
import { readTarget } from "./names";
import { hide, pendingOf, show } from "./pending";
import { enrol, rollOut } from "./rollout";
import { saveJob } from "./saved";
import { earliest, endMs, isOpen, nextEdge, nextOpening, startMs } from "./schedule";
import type { Job, Thing } from "./store";
import { touch } from "./turn";
import type { Turn } from "./turn";
import { stopRollout } from "./unreached";

/** Begins a new job: at once, or SCHEDULED until its start. */
export function begin(turn: Turn, job: Job): void {
  const schedule = job.settings.schedulingConfig;
  if (schedule !== undefined) {
    const opensMs = isOpen(schedule, turn.nowMs) ? undefined : nextOpening(schedule, turn.nowMs);
    const beginsMs = startMs(schedule) ?? opensMs;
    if (beginsMs !== undefined && beginsMs > turn.nowMs) {
      job.status = "SCHEDULED";
      setEdge(turn, job, beginsMs);
      return;
    }
  }
  start(turn, job);
}

/** Does what is due for a job at this moment. */
export function goOn(turn: Turn, job: Job): void {
  if (job.nextEdgeMs !== undefined && job.nextEdgeMs <= turn.nowMs) {
    if (job.status === "SCHEDULED") start(turn, job);
    else pass(turn, job);
  }
  if (job.nextBatchMs !== undefined && job.nextBatchMs <= turn.nowMs) rollOut(turn, job);
}

function start(turn: Turn, job: Job): void {
  const schedule = job.settings.schedulingConfig ?? {};
  job.status = "IN_PROGRESS";
  job.isOpen = isOpen(schedule, turn.nowMs);
  setEdge(turn, job, edgeAfter(job, turn.nowMs));
  enrol(turn, job, thingsOf(turn, job));
}

/** A job's things as its targets stand now. */
function* thingsOf({ store }: Turn, job: Job): Iterable<Thing> {
  for (const arn of job.targets) {
    const target = readTarget(arn);
    const group = target?.kind === "thinggroup" ? store.groups.get(target.name) : undefined;
    if (group !== undefined) yield* membersOf(store, group);
    const thing = target?.kind === "thing" ? store.things.get(target.name) : undefined;
    if (thing !== undefined) yield thing;
  }
}

function edgeAfter(job: Job, ms: number): number | undefined {
  const schedule = job.settings.schedulingConfig ?? {};
  const ends = job.isRolloutStopped ? undefined : endMs(schedule);
  return earliest([ends !== undefined && ends > ms ? ends : undefined, nextEdge(schedule, ms)]);
}

/** The job ends, or one of its windows opens or closes. */
function pass(turn: Turn, job: Job): void {
  const schedule = job.settings.schedulingConfig ?? {};
  if (!job.isRolloutStopped && turn.nowMs >= (endMs(schedule) ?? Infinity)) {
    const { endBehavior = "STOP_ROLLOUT" } = schedule;
    if (endBehavior === "STOP_ROLLOUT") stopRollout(turn, job);
    else cancel(turn, job, endBehavior === "FORCE_CANCEL");
  }
  if (job.status !== "IN_PROGRESS") return;
  const opens = isOpen(schedule, turn.nowMs);
  if (opens !== job.isOpen) setOpen(turn, job, opens);
  setEdge(turn, job, edgeAfter(job, turn.nowMs));
  rollOut(turn, job);
  completeIfDone(turn, job);
}

function setOpen(turn: Turn, job: Job, opens: boolean): void {
  job.isOpen = opens;
  for (const attempts of job.executions.values()) {
    const execution = latest(attempts);
    if (execution?.status !== "QUEUED") continue;
    const list = pendingOf(execution.thing, job.namespaceId ?? "");
    touch(turn, list);
    if (opens) show(list, execution);
    else hide(list, execution);
  }
}

function setEdge(turn: Turn, job: Job, ms: number | undefined): void {
  job.nextEdgeMs = ms;
  turn.store.deadlines.update(job);
  saveJob(turn, job);
}
