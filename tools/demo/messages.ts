/** Counts the MQTT messages between the service and one board, and says for which job each was. */
import type { JobsService } from "../jobs-service";

/** Messages as the device sees them. */
export interface MessageCount {
  published: number;
  received: number;
}

export interface MessageCounter {
  of(jobId: string): MessageCount;
  /** Messages that belong to no job, such as the question at the first connect. */
  readonly others: MessageCount;
  stop(): void;
}

/**
 * A message that names a job is that job's; so is the announcement that follows a job's end, and the question that a board asks
 * when it comes back from a restart that the job wanted.
 */
export function countMessages(service: JobsService, thingName: string): MessageCounter {
  const counts = new Map<string, MessageCount>();
  const others: MessageCount = { published: 0, received: 0 };
  let current: string | undefined;
  const of = (jobId: string): MessageCount => {
    const count = counts.get(jobId) ?? { published: 0, received: 0 };
    counts.set(jobId, count);
    return count;
  };
  const stop = service.onTraffic(({ thingName: from, direction, topic, payload }) => {
    if (from !== thingName) return;
    current = jobOf(topic, payload) ?? current;
    (current === undefined ? others : of(current))[direction]++;
  });
  return { of, others, stop };
}

function jobOf(topic: string, payload: Uint8Array): string | undefined {
  const [first, second] = topic.split("/").slice(4);
  if (first !== undefined && second !== undefined && first !== "$next" && first !== "start-next") return first;
  try {
    const { execution } = JSON.parse(Buffer.from(payload).toString("utf8")) as { execution?: { jobId?: string } };
    return execution?.jobId;
  } catch {
    return undefined;
  }
}
