/** What a session with AWS IoT Jobs consists of: the events that come, the effects that go, and the state between them. Plain data. */
import type { Details, Failure, Outcome } from "../failure";
import type { Journal, Report, Subject } from "./journal";
import type { Body, Execution } from "./messages";

/** What happens to a device. */
export type Event =
  /** Once, first: the decoded journal record, if any, and why the board started. */
  | { readonly on: "boot"; readonly journal: Body | undefined; readonly reason: string }
  | { readonly on: "online" }
  | { readonly on: "offline" }
  /** `body` is undefined when the message could not be held or decoded. */
  | { readonly on: "message"; readonly topic: string; readonly body: Body | undefined }
  /** The answer to `judge`: the action to run, or why not. */
  | { readonly on: "judged"; readonly action: string; readonly refusal: Failure | undefined }
  /** The journal could not be written; nothing that was to follow it has been done. */
  | { readonly on: "unwritten" }
  | { readonly on: "progress"; readonly details: Details }
  | { readonly on: "finished"; readonly outcome: Outcome }
  /** The action wants a restart, and goes on afterwards with `note`. */
  | { readonly on: "restart"; readonly note: Details }
  | { readonly on: "timer"; readonly timer: Timer };

/** `ask`: ask for a job (again). `reply`: an answer to an update is overdue. `claim`: the action has run long enough to be claimed. `progress`: progress may be reported again. */
export type Timer = "ask" | "reply" | "claim" | "progress";

/** What must be done. */
export type Effect =
  | { readonly do: "publish"; readonly topic: string; readonly payload: string }
  /** Judge a document without touching anything; answer with `judged`. */
  | { readonly do: "judge"; readonly document: unknown }
  /** Make this the journal record. When that fails and it was `needed`: drop the effects that follow and answer with `unwritten`. */
  | { readonly do: "journal"; readonly text: string; readonly needed: boolean }
  /** Run the action that was judged last; answer with `finished` or `restart`. */
  | { readonly do: "run" }
  /** After a restart: go on with an action; answer with `finished`. */
  | { readonly do: "resume"; readonly action: string; readonly note: Details }
  /** Stop the running action; it must not answer any more. */
  | { readonly do: "stop" }
  /** Restart the board, after what the action left for last; when that fails, answer with `finished`. */
  | { readonly do: "restart" }
  /** The service has answered for the first time since boot: firmware on trial has proved itself. */
  | { readonly do: "reached" }
  /** Fire `timer` after `delayMs`, instead of when it was to fire before. Undefined: not at all. */
  | { readonly do: "timer"; readonly timer: Timer; readonly delayMs: number | undefined }
  /** For a person at the console. */
  | { readonly do: "tell"; readonly line: string };

/**
 * The execution this device is busy with. Its phases:
 * `judging` -> (`claiming` ->) `running` -> (`restarting` -> `leaving` -> `resuming` ->) `reporting` -> over.
 */
export interface Job extends Subject {
  phase: "judging" | "claiming" | "running" | "restarting" | "leaving" | "resuming" | "reporting";
  /** Empty until judged. */
  action: string;
  /** The service has it as IN_PROGRESS, as far as we know. */
  claimed: boolean;
  /** It has run long enough to be claimed. */
  claimDue: boolean;
  /** Progress that has not been sent. */
  progress: Details | undefined;
  /** What to say once the restart is over. */
  note: Details | undefined;
  /** How often it was gone on with after its restart. */
  resumed: number;
  report: Report | undefined;
  /** The service did not like the details of the report; it now goes without. */
  bare: boolean;
}

/** A request whose answer is awaited. */
export interface Request {
  readonly token: string;
  /** How often it was sent without an answer, less one. */
  tries: number;
}

/** An UpdateJobExecution whose answer is awaited. */
export interface Update extends Request {
  readonly kind: "claim" | "progress" | "report";
  readonly topic: string;
  readonly payload: string;
}

/** A DescribeJobExecution whose answer is awaited. */
export interface Ask extends Request {
  /** Undefined: the head of the pending list. */
  readonly jobId: string | undefined;
  /** Without the document: asked when a message could not be decoded, to learn which execution it is about. */
  readonly envelope: boolean;
  /** A job has ended since it was sent, so the answer may be older than that. */
  stale: boolean;
}

export interface Session {
  readonly thingName: string;
  readonly claimAfterMs: number;
  readonly askEveryMs: number;
  online: boolean;
  /** The service has answered since boot. */
  reached: boolean;
  tokens: number;
  job: Job | undefined;
  update: Update | undefined;
  ask: Ask | undefined;
  /** The head of the pending list changed while the last job's report was under way. */
  next: Execution | undefined;
  /** It was told while the report was under way that the head changed, even if to nothing. */
  announced: boolean;
  /** An execution that came without its document, as when its message could not be decoded; it is being asked for. */
  suspect: Execution | undefined;
  /** Something was missed: ask as soon as there is no job. */
  askNext: boolean;
  /** Progress was reported less than the smallest interval ago. */
  progressPaused: boolean;
  /** The last execution that is over, and its report, in case the service has lost it. */
  last: Journal | undefined;
  /** Identities of executions that are over, oldest first. */
  finished: readonly string[];
}
