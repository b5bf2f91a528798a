/** What must hold of a device when its life is over, whatever happened. Each truth gives the sentences in which it does not hold. */
import { endings, type FailureCode } from "../../src/failure";
import { isOpen, type Execution } from "./service";
import { budgetSeconds } from "./work";
import type { World } from "./world";

type Truth = (world: World) => string[];

/** The service may be told that an execution was withdrawn this late: a notification on its way, and one that was undecodable and asked for. */
const lateNewsMs = 45_000;
const mostResumed = 3;

/** Nothing is left open once the network is good. */
export const allEnded: Truth = ({ service }) => service.executions.filter(isOpen).map(({ id, status }) => `${id} is still ${status}`);

// AWS tells a recreated job from its forerunner by the time of queueing, which no update carries: what is late for one counts for the other.
function namesakes({ service }: World, { jobId, executionNumber }: Execution): Execution[] {
  return service.executions.filter((other) => other.jobId === jobId && other.executionNumber === executionNumber);
}

/** The codes an execution may end with by itself, given what happened. */
function mayEndWith(world: World, { id, job }: Execution): (FailureCode | "good")[] {
  const codes: (FailureCode | "good")[] = [];
  if (job.way === "refuse") codes.push("UNSUPPORTED");
  if (job.way === "throw") codes.push("ACTION_CRASHED");
  if (job.way === "fly") codes.push("ACTION_UNKNOWN");
  if (job.workMs >= budgetSeconds * 1000) codes.push("TIMED_OUT");
  if (world.marks.done.has(id)) codes.push("good");
  if (world.boots > 1) codes.push("INTERRUPTED");
  if (world.flashFailed) codes.push("JOURNAL_UNWRITABLE");
  // The message itself, and the answer for just this one.
  if (world.network.undecodable > 1) codes.push("DOCUMENT_UNREADABLE");
  return codes;
}

/** Every execution ends truly, and a bad end has a stable code that fits its status. */
export const trulyEnded: Truth = (world) =>
  world.service.executions
    .filter((execution) => execution.withdrawnMs === undefined && !isOpen(execution))
    .filter((execution) => {
      const { status, statusDetails } = execution;
      const code = statusDetails["code"] ?? "good";
      const fits =
        status === "SUCCEEDED" ? code === "good" : code in endings && (status === "FAILED" || endings[code as FailureCode] === status);
      const same = namesakes(world, execution);
      return (
        !fits ||
        !(same.some((other) => mayEndWith(world, other).some((may) => may === code)) || (same.length > 1 && code === "INTERRUPTED"))
      );
    })
    .map(({ id, status, statusDetails }) => `${id} cannot have ended as ${status} ${JSON.stringify(statusDetails)}`);

/** It never says two things of how an execution ended. Where it cannot write, it may forget what it said. */
export const oneWord: Truth = (world) => {
  const codes = new Map<string, string>();
  const wrong: string[] = [];
  for (const { topic, body } of world.sent) {
    if (body["status"] === undefined || body["status"] === "IN_PROGRESS") continue;
    const attempt = `${topic} ${body["executionNumber"] as number}`;
    const code = ((body["statusDetails"] ?? {}) as Record<string, string>)["code"] ?? "good";
    const before = codes.get(attempt) ?? code;
    codes.set(attempt, before);
    const about = world.service.executions.filter((one) => `${one.jobId}/update ${one.executionNumber}` === attempt);
    if (code !== before && about.length === 1 && !world.flashFailed) wrong.push(`${attempt} ended as ${before}, and as ${code}`);
  }
  return wrong;
};

function ranLate(world: World, { id, atMs }: World["begun"][number]): boolean {
  const execution = world.service.executions.find((one) => one.id === id);
  if (execution === undefined || namesakes(world, execution).length > 1) return false;
  return atMs - (execution.withdrawnMs ?? Infinity) > lateNewsMs;
}

/** No execution takes effect twice, and none begins long after it was withdrawn. */
export const onceOnly: Truth = (world) => [
  ...[...world.marks.runs].filter(([, count]) => count > 1).map(([id, count]) => `${id} was run ${count} times`),
  ...[...world.marks.resumes].filter(([, count]) => count > mostResumed).map(([id, count]) => `${id} was gone on with ${count} times`),
  ...world.begun.filter((run) => ranLate(world, run)).map(({ id }) => `${id} was run long after it was withdrawn`),
];

/** What it says of executions is what AWS takes. */
export const legalUpdates: Truth = ({ sent }) =>
  sent
    .filter(({ body }) => body["statusDetails"] !== undefined)
    .filter(({ body }) => {
      const details = Object.entries(body["statusDetails"] as Record<string, unknown>);
      const isLegal = ([key, value]: [string, unknown]): boolean =>
        /^[a-zA-Z0-9:_-]{1,128}$/.test(key) && typeof value === "string" && /^[^\p{C}]{1,1024}$/u.test(value);
      return details.length > 10 || !details.every(isLegal);
    })
    .map(({ topic, body }) => `illegal statusDetails in ${topic}: ${JSON.stringify(body)}`);

/** At most so many requests in any so long a time. */
export function quiet(most: number, withinMs: number, sinceMs: number): Truth {
  return ({ sent }) => {
    const times = sent.map(({ atMs }) => atMs).filter((atMs) => atMs >= sinceMs);
    const n = times.findIndex((atMs, first) => (times[first + most] ?? Infinity) - atMs < withinMs);
    return n < 0 ? [] : [`more than ${most} requests within ${withinMs / 1000} s, from ${(times[n] ?? 0) / 1000} s on`];
  };
}
