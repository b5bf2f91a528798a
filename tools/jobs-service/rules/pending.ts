/** The pending list of one thing and namespace: IN_PROGRESS before QUEUED, each by queuedAt, then by creation. */
import type { Execution, Thing } from "./store";

/** At most so many executions are shown in `get` and `notify`, running ones first; more may be pending. */
const maxListed = 10;
/** At most so many more, of jobs that have maintenance windows ("AWS IoT Jobs limits" in the developer guide: 15 in all). */
const maxWindowedListed = 5;
/** Of a longer list the end is not looked at: a message about it must cost no more than one about a short list. */
const maxLookedAt = 100;

export interface PendingList {
  readonly thing: Thing;
  /** "" for jobs without a namespace. */
  readonly namespace: string;
  readonly running: Execution[];
  readonly queued: Execution[];
  /** Queued ones whose maintenance window is closed: no device sees them. */
  readonly hidden: Execution[];
  /** Counts additions and removals, so that a change of membership is seen without comparing lists. */
  membership: number;
}

/** The pending list that an execution is on, or would be on. */
export function pendingOf(thing: Thing, namespace: string): PendingList {
  let list = thing.pending.get(namespace);
  if (list === undefined) {
    list = { thing, namespace, running: [], queued: [], hidden: [], membership: 0 };
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
  let plain = maxListed;
  let windowed = maxWindowedListed;
  const fits = (execution: Execution): boolean => (hasWindows(execution) ? windowed-- > 0 : plain-- > 0);
  const running = list.running.filter(fits);
  return { running, queued: list.queued.slice(0, maxLookedAt).filter(fits) };
}

/** Adds a pending execution. */
export function add(list: PendingList, execution: Execution): void {
  if (execution.status === "QUEUED" && !execution.job.isOpen) {
    insert(list.hidden, execution);
    return;
  }
  insert(execution.status === "IN_PROGRESS" ? list.running : list.queued, execution);
  list.membership++;
}

/** Moves a queued execution to the running ones. The membership stays the same, unless it was hidden. */
export function moveToRunning(list: PendingList, execution: Execution): void {
  if (take(list.queued, execution)) insert(list.running, execution);
  else if (take(list.hidden, execution)) {
    insert(list.running, execution);
    list.membership++;
  }
}

/** Removes an execution. Nobody misses one that was hidden. */
export function remove(list: PendingList, execution: Execution): void {
  if (take(list.running, execution) || take(list.queued, execution)) list.membership++;
  else take(list.hidden, execution);
}

/** Its maintenance window is closed. */
export function hide(list: PendingList, execution: Execution): void {
  if (!take(list.queued, execution)) return;
  insert(list.hidden, execution);
  list.membership++;
}

/** Its maintenance window is open. */
export function show(list: PendingList, execution: Execution): void {
  if (!take(list.hidden, execution)) return;
  insert(list.queued, execution);
  list.membership++;
}

function hasWindows({ job }: Execution): boolean {
  return job.settings.schedulingConfig?.maintenanceWindows !== undefined;
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
