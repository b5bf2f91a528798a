/** What the service says unasked: that the pending list has other members, or another head. */
import { executionView, summaryView } from "./device-views";
import type { PendingList } from "./pending";
import { headOf, listed } from "./pending";
import { topicOf } from "./topics";
import type { Turn } from "./turn";

/** What the service publishes of its own. */
export interface Message {
  /** The device that it is for; without, it is for whoever subscribed. */
  readonly thingName?: string;
  readonly topic: string;
  readonly payload: string;
}

/** ListNotification (JobExecutionsChanged): only statuses that have entries are keys. */
export function listNotification(turn: Turn, list: PendingList): Message {
  const { running, queued } = listed(list);
  const jobs = {
    ...(running.length > 0 && { IN_PROGRESS: running.map(summaryView) }),
    ...(queued.length > 0 && { QUEUED: queued.map(summaryView) }),
  };
  return message(list, list.namespace === "" ? "notify" : `notify-namespace-${list.namespace}`, { timestamp: turn.nowSeconds, jobs });
}

/** NextNotification (NextJobExecutionChanged): no `execution` at all once nothing is pending. */
export function nextNotification(turn: Turn, list: PendingList): Message {
  const head = headOf(list);
  return message(list, "notify-next", { timestamp: turn.nowSeconds, ...(head !== undefined && { execution: executionView(turn, head) }) });
}

function message(list: PendingList, suffix: string, payload: object): Message {
  const { thingName } = list.thing;
  return { thingName, topic: topicOf(thingName, suffix), payload: JSON.stringify(payload) };
}
