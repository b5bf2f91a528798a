/** The pending list of one thing and namespace: IN_PROGRESS before QUEUED, each by queuedAt, then by creation. */
import type { Execution, Thing } from "./store";

/** At most so many executions are shown in `get` and `notify`, running ones first; more may be pending. */
const maxListed = 10;

export interface PendingList {
  readonly thing: Thing;
  /** "" for jobs without a namespace. */
  readonly namespace: string;
  readonly running: Execution[];
  readonly queued: Execution[];
  /** Counts additions and removals, so that a change of membership is seen without comparing lists. */
  membership: number;
}

/** The pending list that an execution is on, or would be on. */
export function pendingOf(thing: Thing, namespace: string): PendingList {
  let list = thing.pending.get(namespace);
  if (list === undefined) {
    list = { thing, namespace, running: [], queued: [], membership: 0 };
    thing.pending.set(namespace, list);
  }
  return list;
}

/** What `$next` stands for. */
export function headOf(list: PendingList): Execution | undefined {
  return list.running[0] ?? list.queued[0];
}

/** The executions that fit into one message. */
export function listed(list: PendingList): { running: readonly Execution[]; queued: readonly Execution[] } {
  const running = list.running.slice(0, maxListed);
  return { running, queued: list.queued.slice(0, maxListed - running.length) };
}

/** Adds a pending execution. */
export function add(list: PendingList, execution: Execution): void {
  insert(execution.status === "IN_PROGRESS" ? list.running : list.queued, execution);
  list.membership++;
}

/** Moves a queued execution to the running ones. The membership stays the same. */
export function moveToRunning(list: PendingList, execution: Execution): void {
  if (take(list.queued, execution)) insert(list.running, execution);
}

/** Removes an execution; false when it was not there. */
export function remove(list: PendingList, execution: Execution): boolean {
  const found = take(list.running, execution) || take(list.queued, execution);
  if (found) list.membership++;
  return found;
}

function comesBefore(a: Execution, b: Execution): boolean {
  return a.queuedAt !== b.queuedAt ? a.queuedAt < b.queuedAt : a.sequence < b.sequence;
}

/** The place of an execution in a sorted array: where it is, or where it belongs. */
function placeOf(executions: readonly Execution[], execution: Execution): number {
  let low = 0;
  let high = executions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = executions[middle];
    if (other !== undefined && comesBefore(other, execution)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert(executions: Execution[], execution: Execution): void {
  executions.splice(placeOf(executions, execution), 0, execution);
}

function take(executions: Execution[], execution: Execution): boolean {
  const place = placeOf(executions, execution);
  if (executions[place] !== execution) return false;
  executions.splice(place, 1);
  return true;
}
