/** Reads a file of test vectors: JSON with an array `vectors`. */
import type { GivenExecution } from "../rules";

export interface Expected {
  readonly topic: string;
  readonly "payload-shape"?: unknown;
}

export interface Vector {
  readonly name: string;
  readonly given: {
    readonly thing: string;
    /** Epoch seconds. */
    readonly now?: number;
    readonly jobs?: readonly GivenExecution[];
    readonly inject?: string;
  };
  /** A PUBLISH by the device, or with `topic` null a control-plane or harness action. */
  readonly request: {
    readonly topic: string | null;
    readonly control?: string;
    readonly payload?: unknown;
    readonly qos?: 0 | 1;
  };
  readonly expect: readonly Expected[];
  readonly forbid?: readonly string[];
}

/** The vectors in a text, or one sentence that says what is wrong with it. */
export function readVectors(text: string): readonly Vector[] | string {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    return `is not JSON: ${(error as Error).message}`;
  }
  const vectors = isObject(file) ? file["vectors"] : undefined;
  if (!Array.isArray(vectors)) return 'has no array "vectors"';
  for (const [index, vector] of vectors.entries()) {
    const problem = problemOf(vector);
    if (problem !== undefined) return `has a bad vector ${nameOf(vector) ?? `number ${index + 1}`}: ${problem}`;
  }
  return vectors as readonly Vector[];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf(vector: unknown): string | undefined {
  return isObject(vector) && typeof vector["name"] === "string" ? `"${vector["name"]}"` : undefined;
}

function problemOf(vector: unknown): string | undefined {
  if (!isObject(vector)) return "it is not an object";
  if (typeof vector["name"] !== "string") return '"name" is missing';
  const { given, request, expect, forbid } = vector;
  if (!isObject(given) || typeof given["thing"] !== "string") return '"given.thing" is missing';
  if (given["now"] !== undefined && !Number.isInteger(given["now"])) return '"given.now" is not a whole number';
  const jobs = given["jobs"] ?? [];
  if (!Array.isArray(jobs)) return '"given.jobs" is not an array';
  for (const job of jobs) {
    if (!isObject(job) || typeof job["jobId"] !== "string" || typeof job["status"] !== "string" || !Number.isInteger(job["queuedAt"])) {
      return 'a job in "given.jobs" lacks "jobId", "status" or "queuedAt"';
    }
  }
  if (!isObject(request)) return '"request" is missing';
  if (typeof request["topic"] !== "string" && typeof request["control"] !== "string") return '"request" has neither "topic" nor "control"';
  if (!Array.isArray(expect)) return '"expect" is not an array';
  for (const message of expect)
    if (!isObject(message) || typeof message["topic"] !== "string") return 'a message in "expect" has no "topic"';
  if (forbid !== undefined && !(Array.isArray(forbid) && forbid.every((topic) => typeof topic === "string"))) {
    return '"forbid" is not an array of topics';
  }
  return undefined;
}
