/** The reserved topics of Jobs: `$aws/things/THING/jobs/` and what follows it. */
import { jobIdPattern, namespacePattern } from "./names";

/** What a request topic asks for. `jobId` may be `$next` in a get; `badName` says which part of the topic breaks its pattern. */
export type Call =
  | { readonly operation: "get-pending" }
  | { readonly operation: "start-next" }
  | { readonly operation: "describe" | "update"; readonly jobId: string; readonly namespace: string; readonly badName?: string }
  | { readonly operation: "unknown" };

export const nextJobId = "$next";

export function topicOf(thingName: string, suffix: string): string {
  return `$aws/things/${thingName}/jobs/${suffix}`;
}

/** Splits a topic into the thing's name and what follows `jobs/`; undefined when it lies outside the Jobs namespace. */
export function readTopic(topic: string): { readonly thingName: string; readonly suffix: string } | undefined {
  const parts = /^\$aws\/things\/([^/]+)\/jobs\/(.*)$/s.exec(topic);
  return parts === null ? undefined : { thingName: parts[1] ?? "", suffix: parts[2] ?? "" };
}

/** Which call a topic means. Segments decide by position: `get` alone lists, `get/get` describes the job named get. */
export function readCall(suffix: string): Call {
  const segments = suffix.split("/");
  if (segments.length === 1) {
    if (suffix === "get") return { operation: "get-pending" };
    if (suffix === "start-next") return { operation: "start-next" };
    return { operation: "unknown" };
  }
  const jobId = segments[0] ?? "";
  const verb = segments[segments.length - 1];
  const operation = verb === "get" ? "describe" : verb === "update" ? "update" : undefined;
  if (operation === undefined || jobId === "" || segments.length > 3) return { operation: "unknown" };
  const badJobId = jobId !== nextJobId && !jobIdPattern.test(jobId) ? { badName: jobId } : {};
  if (segments.length === 2) return { operation, jobId, namespace: "", ...badJobId };
  const namespace = /^namespace-(.+)$/.exec(segments[1] ?? "")?.[1];
  if (namespace === undefined) return { operation: "unknown" };
  return { operation, jobId, namespace, ...(namespacePattern.test(namespace) ? badJobId : { badName: namespace }) };
}
