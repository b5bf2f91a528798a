/** What becomes an event: the end of a job or an execution, and its deletion. Nothing is noted of a kind that is switched off. */
import { describeEventConfigurations, isEnabled, updateEventConfigurations, type EventType } from "./event-configurations";
import type { EventIdentity, ExecutionOperation, JobOperation } from "./event-messages";
import { executionEvent, jobEvent } from "./event-messages";
import type { Message } from "./notifications";
import type { Execution, Job, Store } from "./store";
import type { Turn } from "./turn";

/** An event of a turn, put into words at its end: a comment is set after the cancellation that it explains. */
export type Announced = (identity: EventIdentity) => Message;

/** To be called when a job is completed, canceled or deleted, or when that begins. */
export function announceJob(turn: Turn, job: Job, operation: JobOperation): void {
  if (isEnabled(turn.store, "JOB")) turn.announced.push((identity) => jobEvent(identity, operation, job));
}

/** To be called when an execution has ended, or before it is deleted. */
export function announceExecution(turn: Turn, execution: Execution, operation: ExecutionOperation): void {
  if (isEnabled(turn.store, "JOB_EXECUTION")) turn.announced.push((identity) => executionEvent(identity, operation, execution));
}

/** The events of a turn, in the order in which they came about. */
export function eventsOf(turn: Turn): Message[] {
  return turn.announced.map((message) => message({ eventId: turn.store.newId(), timestamp: turn.nowSeconds }));
}

/** The calls on event configurations. */
export function eventCalls({ store, run }: { store: Store; run: <T>(work: (turn: Turn) => T) => T }) {
  return {
    isEnabled: (type: EventType): boolean => isEnabled(store, type),
    describe: () => describeEventConfigurations(store),
    update: (input: Readonly<Record<string, unknown>>): void => run((turn) => updateEventConfigurations(turn, input)),
  };
}
