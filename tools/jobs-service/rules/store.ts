/** Everything the service knows. Maps keyed by name throughout: no operation on one thing looks at all jobs. */
import type { Choices } from "../choices";
import type { AttachedPolicies, PrincipalThings, ThingPrincipals } from "./attachments";
import type { Certificate } from "./certificates";
import type { JobsByAge } from "./by-age";
import type { Deadlines } from "./deadlines";
import type { JobDocument } from "./document";
import type { EventConfiguration } from "./event-configurations";
import type { Faults } from "./faults";
import type { PendingList } from "./pending";
import type { Policy } from "./policies";
import type { SchedulingConfig } from "./schedule";
import type { Rates } from "./rates";
import type { Table } from "./table";
import type { JobTemplate } from "./templates";
import type { Tags } from "./tags";
import type { ThingType } from "./thing-types";

/** The statuses after which an execution never changes again. */
export const terminalStatuses = ["SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "CANCELED", "REMOVED"] as const;
export type TerminalStatus = (typeof terminalStatuses)[number];
export type ExecutionStatus = "QUEUED" | "IN_PROGRESS" | TerminalStatus;

/** One attempt of one job on one thing. Times are epoch seconds, deadlines epoch milliseconds. */
export interface Execution {
  readonly thing: Thing;
  readonly job: Job;
  readonly executionNumber: number;
  /** 0 for the first attempt. */
  readonly retryAttempt: number;
  readonly queuedAt: number;
  /** Breaks ties of queuedAt: the order in which executions came into being. */
  readonly sequence: number;
  status: ExecutionStatus;
  statusDetails: Readonly<Record<string, string>>;
  startedAt: number | undefined;
  lastUpdatedAt: number;
  versionNumber: number;
  forceCanceled: boolean;
  jobDeadlineMs: number | undefined;
  stepDeadlineMs: number | undefined;
  /** Its place in the heap of deadlines, -1 when in none. */
  deadlineIndex: number;
}

export function isTerminal(execution: Execution): boolean {
  return execution.status !== "QUEUED" && execution.status !== "IN_PROGRESS";
}

export interface Thing {
  readonly thingName: string;
  /** Its place among all that was ever made: attempts before it are those of an earlier thing of this name. */
  readonly ordinal: number;
  attributes: Readonly<Record<string, string>>;
  thingTypeName?: string;
  /** Counts UpdateThing. */
  version: number;
  readonly groups: Set<Group>;
  /** Pending lists by namespace; "" is the plain one. */
  readonly pending: Map<string, PendingList>;
  /** Attempts by job id, oldest first; the same arrays as in the jobs. */
  readonly executions: Map<string, Execution[]>;
  lastQueuedAt: number;
}

export interface Group {
  readonly groupName: string;
  readonly ordinal: number;
  readonly parentGroupName?: string;
  readonly createdAtMs: number;
  description?: string;
  attributes: Readonly<Record<string, string>>;
  /** Counts UpdateThingGroup. */
  version: number;
  readonly things: Map<string, Thing>;
  /** The CONTINUOUS jobs that target this group. */
  readonly jobs: Set<Job>;
}

export interface RetryCriterion {
  readonly failureType: "FAILED" | "TIMED_OUT" | "ALL";
  readonly numberOfRetries: number;
}

export interface AbortCriterion {
  readonly failureType: "FAILED" | "REJECTED" | "TIMED_OUT" | "ALL";
  readonly action: "CANCEL";
  readonly thresholdPercentage: number;
  readonly minNumberOfExecutedThings: number;
}

/** How many things are told of a job per minute. */
export interface RolloutConfig {
  readonly maximumPerMinute?: number;
  readonly exponentialRate?: {
    readonly baseRatePerMinute: number;
    readonly incrementFactor: number;
    readonly rateIncreaseCriteria: { readonly numberOfNotifiedThings?: number; readonly numberOfSucceededThings?: number };
  };
}

/** What a job's creator may set, as AWS spells it. What the service has no use for is kept and shown again. */
export interface JobSettings {
  description?: string;
  presignedUrlConfig?: { roleArn?: string; expiresInSec?: number };
  jobExecutionsRolloutConfig?: RolloutConfig;
  abortConfig?: { criteriaList: readonly AbortCriterion[] };
  timeoutConfig?: { inProgressTimeoutInMinutes?: number };
  jobExecutionsRetryConfig?: { criteriaList: readonly RetryCriterion[] };
  /** Set at creation only, as is what follows. */
  schedulingConfig?: SchedulingConfig;
  jobTemplateArn?: string;
  documentParameters?: Readonly<Record<string, string>>;
  destinationPackageVersions?: readonly string[];
}

export interface Job {
  readonly jobId: string;
  readonly ordinal: number;
  readonly document: JobDocument;
  /** Where the document was read from, when it was not given. */
  readonly documentSource: string | undefined;
  readonly targetSelection: "SNAPSHOT" | "CONTINUOUS";
  readonly namespaceId: string | undefined;
  readonly settings: JobSettings;
  /** ARNs. */
  readonly targets: string[];
  /** Attempts by thing name, oldest first. */
  readonly executions: Map<string, Execution[]>;
  /** How many things stand where, by their latest attempt. */
  readonly counts: Record<ExecutionStatus, number>;
  /** How many things have a retry pending, by how their attempt before it ended. */
  readonly retried: Record<"FAILED" | "TIMED_OUT", number>;
  /** The names of the things that the rollout has yet to reach, in order. */
  readonly unreached: Set<string>;
  readonly createdAtMs: number;
  status: "SCHEDULED" | "IN_PROGRESS" | "COMPLETED" | "CANCELED";
  lastUpdatedAtMs: number;
  completedAtMs: number | undefined;
  forceCanceled: boolean;
  reasonCode: string | undefined;
  comment: string | undefined;
  /** The minute of the rollout that runs, and how many things it has reached. */
  batch: { readonly startedMs: number; count: number };
  /** False between two maintenance windows: what is queued is hidden then. */
  isOpen: boolean;
  /** It goes to no further things, those that join its groups included. */
  isRolloutStopped: boolean;
  nextBatchMs: number | undefined;
  /** When it starts or ends, or a maintenance window opens or closes. */
  nextEdgeMs: number | undefined;
  /** Its place in the heap of deadlines, -1 when in none. */
  deadlineIndex: number;
}

/** Makes the URL that stands for a placeholder; called at each delivery to a thing and never gives the same twice. */
export type Presign = (url: string, expiresInSec: number, thingName: string) => string;

/** The text of the object that a `documentSource` names, undefined when there is none. */
export type ReadObject = (url: string) => string | undefined;

export interface Store {
  readonly choices: Choices;
  readonly presign: Presign;
  readonly readObject: ReadObject;
  /** How far the service's clock was moved on. */
  readonly clock: Table<{ readonly offsetMs: number }>;
  readonly things: Map<string, Thing>;
  readonly groups: Map<string, Group>;
  readonly jobs: JobsByAge;
  readonly deadlines: Deadlines;
  /** How many jobs, things, groups, executions and links were ever made: the order of all lists. */
  ordinals: number;
  readonly faults: Faults;
  /** Undefined while rates are not limited. */
  readonly rates: Rates | undefined;
  readonly eventConfigurations: Table<EventConfiguration>;
  readonly thingTypes: Table<ThingType>;
  readonly templates: Table<JobTemplate>;
  /** By ARN. */
  readonly tags: Table<Tags>;
  readonly certificates: Table<Certificate>;
  readonly policies: Table<Policy>;
  readonly attachedPolicies: Table<AttachedPolicies>;
  readonly principalThings: Table<PrincipalThings>;
  readonly thingPrincipals: Table<ThingPrincipals>;
  /** Gives a UUID, never the same twice. */
  readonly newId: () => string;
}
