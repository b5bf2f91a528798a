/** Builds a store from the records that its turns kept: see saved.ts for what each of them holds. */
import { readDocument } from "./document";
import { count } from "./executions";
import { add, pendingOf } from "./pending";
import type { SavedExecution, SavedGroup, SavedJob, SavedThing } from "./saved";
import type { Execution, Group, Job, Store, Thing } from "./store";
import { isTerminal } from "./store";
import { Table } from "./table";

/** A record by its key, as plain JSON. */
export type SavedRecord = readonly [key: string, record: unknown];

type Named<T> = readonly [name: string, record: T];

/** Fills an empty store. Throws when a record refers to one that is not there, which no turn can leave behind. */
export function restore(store: Store, records: Iterable<SavedRecord>): void {
  const kinds = new Map<string, Named<unknown>[]>();
  for (const [key, record] of records) {
    const slash = key.indexOf("/");
    const kind = key.slice(0, slash);
    const known = kinds.get(kind);
    const named = [key.slice(slash + 1), record] as const;
    if (known === undefined) kinds.set(kind, [named]);
    else known.push(named);
  }
  function take<T>(kind: string, ordinalOf: (record: Named<T>) => number): Named<T>[] {
    const found = (kinds.get(kind) ?? []) as Named<T>[];
    kinds.delete(kind);
    const numbered = found.map((record) => ({ ordinal: ordinalOf(record), record }));
    numbered.sort((one, other) => one.ordinal - other.ordinal);
    store.ordinals = Math.max(store.ordinals, (numbered[numbered.length - 1]?.ordinal ?? -1) + 1);
    return numbered.map(({ record }) => record);
  }
  const documents = new Map(take<string>("document", () => -1));

  for (const [name, saved] of take<SavedThing>("thing", ([, { ordinal }]) => ordinal)) restoreThing(store, name, saved);
  for (const [name, saved] of take<SavedGroup>("group", ([, { ordinal }]) => ordinal)) restoreGroup(store, name, saved);
  for (const [name, saved] of take<SavedJob>("job", ([, { ordinal }]) => ordinal)) {
    restoreJob(store, name, saved, required(documents, name, "document"));
  }
  for (const [name, things] of take<readonly string[]>("rollout", () => -1)) {
    for (const thingName of things) required<Job>(store.jobs, name, "job").unreached.add(thingName);
  }
  for (const [name] of take<number>("member", ([, ordinal]) => ordinal)) restoreMember(store, name);
  for (const [name] of take<number>("follower", ([, ordinal]) => ordinal)) restoreFollower(store, name);
  restoreExecutions(
    store,
    take<SavedExecution>("execution", ([name]) => sequenceIn(name)),
  );
  for (const table of Object.values(store)) {
    if (!(table instanceof Table)) continue;
    type Kept = Parameters<typeof table.restore>[1];
    for (const [name, kept] of take<Kept>(table.kind, ([, { ordinal }]) => ordinal)) table.restore(name, kept);
  }
  for (const kind of kinds.keys()) throw new Error(`there are records of a kind that this version does not know: ${kind}`);
}

function restoreThing({ things }: Store, thingName: string, saved: SavedThing): void {
  things.set(thingName, { ...saved, thingName, groups: new Set(), pending: new Map(), executions: new Map() });
}

function restoreGroup({ groups }: Store, groupName: string, saved: SavedGroup): void {
  groups.set(groupName, { ...saved, groupName, things: new Map(), jobs: new Set() });
}

function restoreJob(store: Store, jobId: string, saved: SavedJob, text: string): void {
  const counts = { QUEUED: 0, IN_PROGRESS: 0, SUCCEEDED: 0, FAILED: 0, REJECTED: 0, TIMED_OUT: 0, CANCELED: 0, REMOVED: 0 };
  const links = { jobId, document: readDocument(text), executions: new Map<string, Execution[]>(), counts };
  const rollout = { retried: { FAILED: 0, TIMED_OUT: 0 }, unreached: new Set<string>(), deadlineIndex: -1 };
  // The record itself, as a hundred thousand copies take time and room. What it lacks is undefined.
  const job: Job = Object.assign(saved, links, rollout);
  store.jobs.set(jobId, job);
  store.deadlines.update(job);
}

function restoreMember(store: Store, name: string): void {
  const [groupName = "", thingName = ""] = name.split("/");
  const group: Group = required(store.groups, groupName, "group");
  const thing: Thing = required(store.things, thingName, "thing");
  group.things.set(thingName, thing);
  thing.groups.add(group);
}

function restoreFollower(store: Store, name: string): void {
  const [groupName = "", jobId = ""] = name.split("/");
  required<Group>(store.groups, groupName, "group").jobs.add(required<Job>(store.jobs, jobId, "job"));
}

function sequenceIn(name: string): number {
  return Number(name.slice(name.lastIndexOf("/") + 1));
}

function restoreExecutions(store: Store, saved: readonly Named<SavedExecution>[]): void {
  /** Things that were deleted, by name: their executions stay on record with the jobs. */
  const departed = new Map<string, Thing>();

  function thingOf(thingName: string, sequence: number): Thing {
    const thing = store.things.get(thingName);
    if (thing !== undefined && thing.ordinal < sequence) return thing;
    let gone = departed.get(thingName);
    if (gone === undefined) {
      gone = {
        thingName,
        ordinal: -1,
        attributes: {},
        version: 1,
        groups: new Set(),
        pending: new Map(),
        executions: new Map(),
        lastQueuedAt: 0,
      };
      departed.set(thingName, gone);
    }
    return gone;
  }

  for (const [name, record] of saved) {
    const [jobId = "", thingName = ""] = name.split("/");
    const sequence = sequenceIn(name);
    const job: Job = required(store.jobs, jobId, "job");
    const thing = thingOf(thingName, sequence);
    const execution: Execution = Object.assign(record, { thing, job, sequence, deadlineIndex: -1 });
    const attempts = job.executions.get(thingName) ?? [];
    attempts.push(execution);
    job.executions.set(thingName, attempts);
    thing.executions.set(jobId, attempts);
    thing.lastQueuedAt = Math.max(thing.lastQueuedAt, execution.queuedAt);
    if (isTerminal(execution)) continue;
    add(pendingOf(thing, job.namespaceId ?? ""), execution);
    store.deadlines.update(execution);
  }
  for (const job of store.jobs.values()) {
    for (const attempts of job.executions.values()) {
      count(job, attempts, 1);
    }
  }
}

function required<T>(known: ReadonlyMap<string, T>, name: string, kind: string): T {
  const found = known.get(name);
  if (found === undefined) throw new Error(`the ${kind} ${name} is missing`);
  return found;
}
