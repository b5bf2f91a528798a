/** What a group of the rulebook's calls needs. */
import type { Store } from "./store";
import type { Turn } from "./turn";

export interface CallContext {
  readonly store: Store;
  /** Runs one call in a turn of its own. */
  readonly run: <T>(work: (turn: Turn) => T) => T;
}
