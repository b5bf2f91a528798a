/** The reserved topics of AWS IoT Jobs that this agent uses: $aws/things/THING/jobs/… */

/** What a topic means to us. `jobId` is undefined for `$next`. */
export type Topic =
  { readonly kind: "notify-next" } | { readonly kind: "get" | "update"; readonly jobId: string | undefined; readonly accepted: boolean };

function prefix(thingName: string): string {
  return `$aws/things/${thingName}/jobs/`;
}

/** Tells when the head of the pending list changes. The only topic to subscribe to: answers come to the requester unasked. */
export function notifyNextTopic(thingName: string): string {
  return `${prefix(thingName)}notify-next`;
}

/** DescribeJobExecution; `jobId` undefined asks for the head of the pending list. */
export function getTopic(thingName: string, jobId: string | undefined): string {
  return `${prefix(thingName)}${jobId ?? "$next"}/get`;
}

/** UpdateJobExecution. */
export function updateTopic(thingName: string, jobId: string): string {
  return `${prefix(thingName)}${jobId}/update`;
}

/** Reads a topic; undefined when it is for another thing or is none that we use. */
export function readTopic(thingName: string, topic: string): Topic | undefined {
  const start = prefix(thingName);
  if (topic.slice(0, start.length) !== start) return undefined;
  const rest = topic.slice(start.length);
  if (rest === "notify-next") return { kind: "notify-next" };
  const accepted = rest.slice(-9) === "/accepted";
  if (!accepted && rest.slice(-9) !== "/rejected") return undefined;
  const request = rest.slice(0, -9);
  const slash = request.indexOf("/");
  if (slash < 1) return undefined;
  const verb = request.slice(slash + 1);
  if (verb !== "get" && verb !== "update") return undefined;
  const jobId = request.slice(0, slash);
  return { kind: verb, jobId: jobId === "$next" ? undefined : jobId, accepted };
}
