/** What a turn changed, by key: for a store that outlives the process. */
import type { Turn } from "./turn";

/** Key to the record as plain JSON, or undefined when it is gone. A key is `kind/name`; only the name may hold further slashes. */
export type Changes = ReadonlyMap<string, (() => unknown) | undefined>;

/** Notes that a record changed. `record` is asked at the end of the turn, when all its members have their last values. */
export function keep(turn: Turn, key: string, record: () => unknown): void {
  turn.changes.set(key, record);
}

/** Notes that a record is gone. */
export function forget(turn: Turn, key: string): void {
  turn.changes.set(key, undefined);
}
