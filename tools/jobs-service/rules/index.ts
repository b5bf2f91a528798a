/** The rulebook of AWS IoT Jobs: state and rules, no transport and no clock of its own. MQTT, HTTPS and tests all go through it. */
import type { Choices } from "../choices";
import { ourChoices } from "../choices";
import { JobsByAge } from "./by-age";
import type { Changes } from "./changes";
import { openClock } from "./clock";
import { controlExecutionView, jobView } from "./control-views";
import { deadlineMs, Deadlines } from "./deadlines";
import type { Reply } from "./exchange";
import { eventCalls } from "./events";
import { exchange } from "./exchange";
import { faultCalls, noFaults, refuseIfFaulty } from "./faults";
import type { Body } from "./fields";
import { cancelExecution, deleteExecution, expire, requireExecution } from "./job-executions";
import { identityCalls, identityTables } from "./identities";
import type { JobInput } from "./job-input";
import { associateTargets, cancelJob, createJob, deleteJob, requireJob, updateJob } from "./jobs";
import { groupCalls } from "./groups";
import type { ExecutionFilter, JobFilter } from "./lists";
import { executionsForJob, executionsForThing, listJobs } from "./lists";
import type { GivenExecution } from "./load";
import { load } from "./load";
import { thingArn } from "./names";
import type { Message } from "./notifications";
import {
  addToGroup,
  createGroup,
  createThing,
  deleteGroup,
  deleteThing,
  groupView,
  removeFromGroup,
  requireThing,
  thingView,
} from "./registry";
import { openRates, rateCalls, refuseIfTooMany } from "./rates";
import { perform } from "./requests";
import type { SavedRecord } from "./restore";
import { restore } from "./restore";
import type { Presign, ReadObject, Store } from "./store";
import { Table } from "./table";
import { tagCalls } from "./tags";
import { templateCalls, withTemplate } from "./templates";
import { thingTypeCalls } from "./thing-types";
import { listThings, thingCalls } from "./things";
import type { Call } from "./topics";
import { readCall, readTopic } from "./topics";
import type { Turn } from "./turn";
import { beginTurn, endTurn } from "./turn";
import { unavailable } from "./unavailable";

export type { JobInput } from "./job-input";
export type { GivenExecution } from "./load";
export type { Message } from "./notifications";
export type { Reply } from "./exchange";
export { ControlRefusal, DeviceRefusal } from "./refusals";

export interface RulesOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Takes the notifications of control calls and timers; those of a device's own request come with its reply. */
  readonly deliver: (messages: readonly Message[]) => void;
  /** Called after each turn: the next deadline may be another one. */
  readonly settled?: () => void;
  /** Hears of errors that are bugs of this service. */
  readonly broken?: (error: unknown) => void;
  readonly presign?: Presign;
  /** Reads the document that a job's `documentSource` names. */
  readonly readObject?: ReadObject;
  readonly choices?: Partial<Choices>;
  /** Refuses what comes more often than the quotas of AWS allow. */
  readonly rateLimits?: boolean;
  /** Gives UUIDs; without, they are counted. */
  readonly newId?: () => string;
  /** Hears of a certificate that is no longer ACTIVE: its connections end. */
  readonly deactivated?: (certificateId: string) => void;
  /** What earlier rules gave to `commit`: the latest record by key. */
  readonly restored?: Iterable<SavedRecord>;
  /** Takes what each turn changed, before anyone hears of it; to be read at once. */
  readonly commit?: (changes: Changes) => void;
}

/** What a device's request leads to. The reply is for the requesting connection only and comes first. */
export interface Exchange {
  readonly reply: Reply;
  readonly notifications: readonly Message[];
}

export type Rules = ReturnType<typeof createRules>;

export function createRules({
  now: given,
  deliver,
  settled,
  broken,
  presign,
  choices,
  restored,
  commit,
  newId,
  deactivated,
  readObject,
  rateLimits,
}: RulesOptions) {
  const store: Store = {
    choices: { ...ourChoices, ...choices },
    presign: presign ?? ((url) => url),
    readObject: readObject ?? (() => undefined),
    clock: new Table("clock"),
    things: new Map(),
    groups: new Map(),
    jobs: new JobsByAge(),
    deadlines: new Deadlines(),
    ordinals: 0,
    faults: noFaults(),
    rates: rateLimits === true ? openRates(given()) : undefined,
    eventConfigurations: new Table("event-configuration"),
    thingTypes: new Table("thing-type"),
    templates: new Table("job-template"),
    tags: new Table("tags"),
    ...identityTables(),
    newId: newId ?? countedIds(),
  };

  if (restored !== undefined) restore(store, restored);

  function finish(turn: Turn): Message[] {
    try {
      return endTurn(turn);
    } finally {
      if (turn.changes.size > 0) commit?.(turn.changes);
    }
  }

  function turnAt<T>(nowMs: number, work: (turn: Turn) => T): T {
    const turn = beginTurn(store, nowMs);
    try {
      return work(turn);
    } finally {
      const messages = finish(turn);
      if (messages.length > 0) deliver(messages);
      settled?.();
    }
  }

  function nextDeadlineMs(): number | undefined {
    const first = store.deadlines.first();
    return first === undefined ? undefined : deadlineMs(first);
  }

  /** Each deadline has a turn at its own moment, however late this comes. */
  function expireDue(): void {
    for (let due = nextDeadlineMs(); due !== undefined && due <= now(); due = nextDeadlineMs()) turnAt(due, expire);
  }

  /** Runs one control call in a turn of its own; what changed before an error is still announced. */
  function run<T>(work: (turn: Turn) => T): T {
    expireDue();
    return turnAt(now(), work);
  }

  const clock = openClock({ store, now: given, run: (work) => turnAt(now(), work), nextDeadlineMs, expireDue });
  const { now } = clock;

  return {
    /** Answers a device's MQTT request; `suffix` is the topic after `$aws/things/THING/jobs/`. */
    request(thingName: string, suffix: string, payload: Uint8Array): Exchange {
      expireDue();
      const turn = beginTurn(store, now());
      const reply = exchange(turn, thingName, suffix, payload, (error) => broken?.(error));
      const notifications = finish(turn);
      settled?.();
      return { reply, notifications };
    },
    /** The same for HTTP, where there is no topic: throws a DeviceRefusal. */
    perform(thingName: string, call: Call, body: Body): object {
      return run((turn) => {
        refuseIfFaulty(store.faults, thingName, call);
        refuseIfTooMany(store.rates, turn.nowMs, call);
        return perform(turn, thingName, call, body);
      });
    },
    identities: identityCalls({ store, run, deactivated: (certificateId) => deactivated?.(certificateId) }),
    /** The reply to a request that is not even looked at, because what it changed could not be kept. */
    unavailable: (thingName: string, suffix: string, payload: Uint8Array) => unavailable(now(), thingName, suffix, payload),
    readCall,
    readTopic,

    /** The service's clock, which can be moved on. */
    clock,
    /** Milliseconds since 1970 at which the next timer is due; then call `expireDue`. */
    nextDeadlineMs,
    expireDue,
    faults: faultCalls(store.faults),
    rates: rateCalls(store, now),
    events: eventCalls({ store, run }),
    templates: templateCalls({ store, run }),
    things: thingCalls({ store, run }),
    thingTypes: thingTypeCalls({ store, run }),
    groups: groupCalls({ store, run }),
    tags: tagCalls({ store, run }),
    /** Puts executions of a thing into the store as described, announcing nothing. */
    load(thingName: string, given: readonly GivenExecution[]): void {
      const turn = beginTurn(store, now());
      load(turn, thingName, given);
      finish(turn);
      settled?.();
    },

    thingArn,
    createThing: (thingName: string, attributes?: Readonly<Record<string, string>>) =>
      run((turn) => thingView(createThing(turn, thingName, attributes))),
    hasThing: (thingName: string): boolean => store.things.has(thingName),
    describeThing: (thingName: string) => run((turn) => thingView(requireThing(turn, thingName))),
    deleteThing: (thingName: string): void => run((turn) => deleteThing(turn, thingName)),
    listThings: () => listThings(store),
    createThingGroup: (groupName: string) => run((turn) => groupView(createGroup(turn, groupName))),
    deleteThingGroup: (groupName: string): void => run((turn) => deleteGroup(turn, groupName)),
    addThingToThingGroup: (groupName: string, thingName: string): void => run((turn) => addToGroup(turn, groupName, thingName)),
    removeThingFromThingGroup: (groupName: string, thingName: string): void => run((turn) => removeFromGroup(turn, groupName, thingName)),

    createJob: (input: JobInput) => run((turn) => createJob(turn, withTemplate(store, input))),
    updateJob: (jobId: string, input: Readonly<Record<string, unknown>>): void => run((turn) => updateJob(turn, jobId, input)),
    associateTargetsWithJob: (jobId: string, targets: unknown) => run((turn) => associateTargets(turn, jobId, targets)),
    cancelJob: (jobId: string, options?: Parameters<typeof cancelJob>[2]) => run((turn) => cancelJob(turn, jobId, options)),
    deleteJob: (jobId: string, force?: boolean): void => run((turn) => deleteJob(turn, jobId, force)),
    describeJob: (jobId: string) => jobView(store, requireJob(store, jobId), now()),
    /** Where the document was read from, if it was not given. */
    jobDocumentSource: (jobId: string): string | undefined => requireJob(store, jobId).documentSource,
    /** The document as its creator wrote it: placeholders stay. */
    jobDocument: (jobId: string): string => requireJob(store, jobId).document.text,
    listJobs: (filter?: JobFilter) => listJobs(store, filter),

    describeExecution: (thingName: string, jobId: string, executionNumber?: number) =>
      controlExecutionView(requireExecution(store, thingName, jobId, executionNumber)),
    cancelExecution: (thingName: string, jobId: string, options?: Parameters<typeof cancelExecution>[3]): void =>
      run((turn) => cancelExecution(turn, thingName, jobId, options)),
    deleteExecution: (thingName: string, jobId: string, executionNumber?: number, force?: boolean): void =>
      run((turn) => deleteExecution(turn, thingName, jobId, executionNumber, force)),
    executionsForJob: (jobId: string, filter?: ExecutionFilter) => executionsForJob(store, jobId, filter),
    executionsForThing: (thingName: string, filter?: ExecutionFilter) => executionsForThing(store, thingName, filter),
  };
}

function countedIds(): () => string {
  let given = 0;
  return () => `00000000-0000-4000-8000-${String(++given).padStart(12, "0")}`;
}
