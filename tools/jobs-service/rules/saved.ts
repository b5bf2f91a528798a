/**
 * What outlives the process of jobs, executions, things and groups. Each link is a record of its own, so that no change of one job,
 * thing or attempt writes another's: a device's update is one small record. Counts and pending lists follow from the executions.
 */
import { forget, keep } from "./changes";
import type { Execution, Group, Job, Store, Thing } from "./store";
import type { Turn } from "./turn";

/** A member that is no plain JSON fails to compile here: it is a link, and needs a record of its own. */
type Plain<T> = T extends ReadonlyMap<never, never> | ReadonlySet<never> | ((...args: never) => unknown) | Thing | Job | Group | Execution
  ? never
  : T extends object
    ? { [Key in keyof T]: Plain<T[Key]> }
    : T;
/** JSON leaves out what is undefined. */
type Saved<T, Left extends keyof T> = Plain<Omit<T, Left>> & { readonly [Key in Left]?: undefined };

export type SavedJob = Saved<Job, "jobId" | "document" | "executions" | "counts" | "retried" | "unreached" | "deadlineIndex">;
export type SavedExecution = Saved<Execution, "thing" | "job" | "sequence" | "deadlineIndex">;
export type SavedThing = Saved<Thing, "thingName" | "groups" | "pending" | "executions">;
export type SavedGroup = Saved<Group, "groupName" | "things" | "jobs">;

/** The next number of the one count that orders jobs, things, groups, executions and the links between them. */
export function nextOrdinal(store: Store): number {
  return store.ordinals++;
}

/** To be called after each change of a job's own members. */
export function saveJob(turn: Turn, job: Job): void {
  keep(turn, `job/${job.jobId}`, (): SavedJob => ({
    ...job,
    jobId: undefined,
    document: undefined,
    executions: undefined,
    counts: undefined,
    retried: undefined,
    unreached: undefined,
    deadlineIndex: undefined,
  }));
}

/** To be called after each change of what a rollout has yet to reach: apart from the job, as it is long and seldom changes. */
export function saveUnreached(turn: Turn, job: Job): void {
  const key = `rollout/${job.jobId}`;
  if (job.unreached.size > 0) keep(turn, key, () => [...job.unreached]);
  else forget(turn, key);
}

/** Written once: it never changes, and is the largest part of a job. */
export function saveDocument(turn: Turn, job: Job): void {
  keep(turn, `document/${job.jobId}`, () => job.document.text);
}

/** Without its executions, which go one by one. */
export function forgetJob(turn: Turn, job: Job): void {
  forget(turn, `job/${job.jobId}`);
  forget(turn, `document/${job.jobId}`);
  forget(turn, `rollout/${job.jobId}`);
}

/** To be called after each change of an execution. */
export function saveExecution(turn: Turn, execution: Execution): void {
  keep(turn, keyOf(execution), (): SavedExecution => ({
    ...execution,
    thing: undefined,
    job: undefined,
    sequence: undefined,
    deadlineIndex: undefined,
  }));
}

export function forgetExecution(turn: Turn, execution: Execution): void {
  forget(turn, keyOf(execution));
}

/** Its sequence and not its number: that may be used again. */
function keyOf({ job, thing, sequence }: Execution): string {
  return `execution/${job.jobId}/${thing.thingName}/${sequence}`;
}

/** To be called after each change of a thing's own members. A deleted thing stays forgotten. */
export function saveThing(turn: Turn, thing: Thing): void {
  if (turn.store.things.get(thing.thingName) !== thing) return;
  keep(turn, `thing/${thing.thingName}`, (): SavedThing => ({
    ...thing,
    thingName: undefined,
    groups: undefined,
    pending: undefined,
    executions: undefined,
  }));
}

export function forgetThing(turn: Turn, thing: Thing): void {
  forget(turn, `thing/${thing.thingName}`);
}

/** To be called after each change of a group's own members. */
export function saveGroup(turn: Turn, group: Group): void {
  keep(turn, `group/${group.groupName}`, (): SavedGroup => ({ ...group, groupName: undefined, things: undefined, jobs: undefined }));
}

/** Without its links, which go one by one. */
export function forgetGroup(turn: Turn, group: Group): void {
  forget(turn, `group/${group.groupName}`);
}

/** A thing joined a group. */
export function saveMember(turn: Turn, group: Group, thing: Thing): void {
  const ordinal = nextOrdinal(turn.store);
  keep(turn, `member/${group.groupName}/${thing.thingName}`, () => ordinal);
}

export function forgetMember(turn: Turn, group: Group, thing: Thing): void {
  forget(turn, `member/${group.groupName}/${thing.thingName}`);
}

/** A CONTINUOUS job began to follow a group. */
export function saveFollower(turn: Turn, group: Group, job: Job): void {
  const ordinal = nextOrdinal(turn.store);
  keep(turn, `follower/${group.groupName}/${job.jobId}`, () => ordinal);
}

export function forgetFollower(turn: Turn, group: Group, job: Job): void {
  forget(turn, `follower/${group.groupName}/${job.jobId}`);
}
