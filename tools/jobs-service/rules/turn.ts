/**
 * One turn: everything that happens because of one request, control call or timer, at one moment. Each pending list is remembered
 * before it is touched; what is announced afterwards follows from comparing before and after, and from nothing else.
 */
import type { Announced } from "./events";
import { eventsOf } from "./events";
import type { Message } from "./notifications";
import { listNotification, nextNotification } from "./notifications";
import type { PendingList } from "./pending";
import { headOf } from "./pending";
import type { Execution, Store } from "./store";

export interface Turn {
  readonly store: Store;
  readonly nowMs: number;
  readonly nowSeconds: number;
  readonly before: Map<PendingList, { readonly head: Execution | undefined; readonly membership: number }>;
  /** See changes.ts. */
  readonly changes: Map<string, (() => unknown) | undefined>;
  /** See events.ts. */
  readonly announced: Announced[];
}

export function beginTurn(store: Store, nowMs: number): Turn {
  return { store, nowMs, nowSeconds: Math.floor(nowMs / 1000), before: new Map(), changes: new Map(), announced: [] };
}

/** To be called before a pending list, or the status of an execution on it, changes. */
export function touch(turn: Turn, list: PendingList): void {
  if (!turn.before.has(list)) turn.before.set(list, { head: headOf(list), membership: list.membership });
}

/** `notify` when a list's members changed, `notify-next` when its first one did, in this order; then the events. */
export function endTurn(turn: Turn): Message[] {
  const messages: Message[] = [];
  for (const [list, before] of turn.before) {
    if (list.membership !== before.membership) messages.push(listNotification(turn, list));
    // Greengrass, the only reader of namespaced topics, knows no notify-next there.
    if (headOf(list) !== before.head && list.namespace === "") messages.push(nextNotification(turn, list));
  }
  if (turn.announced.length > 0) messages.push(...eventsOf(turn));
  return messages;
}
