/** The bodies of AWS IoT Jobs messages: what we read of those that come, and legal statusDetails for those that go. */
import type { Details } from "../failure";
import { isInteger, text } from "../portable/integers";
import { sortedKeys } from "../portable/keys";

/** Decoded JSON, as the JSON port gives it. */
export type Body = Readonly<Record<string, unknown>>;

/** One execution of a job on this thing. */
export interface Execution {
  readonly jobId: string;
  readonly status: string;
  /** Which attempt. Opaque; undefined when it is not a whole number that every number model holds. */
  readonly executionNumber: number | undefined;
  /** jobId, attempt and time of queueing: the same for every delivery of one execution, and for no other. */
  readonly identity: string;
  /** Undefined when it was not asked for. */
  readonly document: unknown;
}

/** A whole number from 0 to 2^31 - 1, or undefined. */
export function smallInteger(value: unknown): number | undefined {
  return typeof value === "number" && isInteger(value) && value >= 0 && value <= 2147483647 ? value : undefined;
}

/** The `execution` of a notification or an answer; undefined when there is none. An empty object means none too. */
export function readExecution(body: Body): Execution | undefined {
  const execution = body["execution"];
  if (typeof execution !== "object") return undefined;
  const fields = execution as Body;
  const jobId = fields["jobId"];
  const status = fields["status"];
  if (typeof jobId !== "string" || typeof status !== "string") return undefined;
  const executionNumber = smallInteger(fields["executionNumber"]);
  // A deleted and recreated job may reuse jobId and number, but not the second in which it was queued.
  const queuedAt = smallInteger(fields["queuedAt"]);
  const identity = `${jobId}/${text(executionNumber ?? 0)}/${text(queuedAt ?? 0)}`;
  return { jobId, status, executionNumber, identity, document: fields["jobDocument"] };
}

/** A text member of a body, or undefined. */
export function textMember(body: Body | undefined, name: string): string | undefined {
  const value = body?.[name];
  return typeof value === "string" ? value : undefined;
}

/** The status that a rejection says the execution has: `executionState.status`. */
export function rejectedState(body: Body | undefined): string | undefined {
  const state = body?.["executionState"];
  return typeof state === "object" ? textMember(state as Body, "status") : undefined;
}

/** Most text we put in statusDetails, so that the journal's record, with every character escaped, stays within what a platform must hold. */
const roomBytes = 1500;
const longestValue = 1024;

/**
 * Details as AWS takes them: at most 10, values of 1 to 1,024 characters without control characters. Everything outside printable
 * ASCII becomes one "?" a run: a single invisible character would make AWS refuse the whole report.
 */
export function legalDetails(details: Details): Details {
  const legal: Record<string, string> = {};
  let room = roomBytes;
  let count = 0;
  for (const key of sortedKeys(details)) {
    if (count === 10 || room < 1 || key.length < 1 || key.length > 128) continue;
    const value = printable(details[key] ?? "", room < longestValue ? room : longestValue);
    legal[key] = value === "" ? "-" : value;
    room -= value.length + key.length;
    count++;
  }
  return legal;
}

function printable(value: string, longest: number): string {
  const end = value.length < longest ? value.length : longest;
  let out = "";
  let from = 0;
  let masked = false;
  for (let i = 0; i < end; i++) {
    const code = value.charCodeAt(i);
    const plain = code >= 32 && code < 127;
    if (plain && masked) from = i;
    if (!plain && !masked) out += value.slice(from, i) + "?";
    masked = !plain;
  }
  return masked ? out : out + value.slice(from, end);
}
