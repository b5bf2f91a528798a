/**
 * Between the rules and the disk. Turns go on while a write is under way; what they change meanwhile is the next write. Nothing that
 * rests on a change leaves the service before that is written, and nothing overtakes: not even a reply that only reads.
 */
import type { Changes } from "./rules/changes";

/** The records to write by key, as JSON; undefined removes one. */
export type Batch = ReadonlyMap<string, string | undefined>;

/** Where all that leaves the service passes through. */
export interface Outbox {
  /** Does `send` once all that was committed so far is safe; `refuse` instead when it never will be. */
  after(send: () => void, refuse?: () => void): void;
  /** True once writing has failed. From then on everything is refused: memory knows what the disk does not. */
  isClosed(): boolean;
}

/** For a service that keeps nothing: everything leaves at once. */
export const memoryOutbox: Outbox = { after: (send) => send(), isClosed: () => false };

export interface GroupCommit {
  commit(changes: Changes): void;
  readonly outbox: Outbox;
  /** Resolves when nothing waits any more, and refuses from then on. */
  close(): Promise<void>;
}

interface Waiting {
  readonly send: () => void;
  readonly refuse: (() => void) | undefined;
}

/** Writes batches one after another with `write`. `failed` hears of the first that could not be written, `broken` of errors in sending. */
export function groupCommit(
  write: (batch: Batch) => Promise<void>,
  failed: (error: Error) => void,
  broken: (error: unknown) => void,
): GroupCommit {
  let next = new Map<string, string | undefined>();
  /** Those that wait for the write under way, and those that wait for the one after it. */
  let now: Waiting[] = [];
  let later: Waiting[] = [];
  let isBusy = false;
  let isClosed = false;

  async function writeAll(): Promise<void> {
    while (next.size > 0) {
      const batch = next;
      next = new Map();
      now = later;
      later = [];
      try {
        if (!isClosed) await write(batch);
      } catch (error) {
        isClosed = true;
        failed(error instanceof Error ? error : new Error(String(error)));
      }
      // By index: what is sent may lead to more that waits.
      for (let place = 0; place < now.length; place++) release(now[place]);
      now = [];
    }
    isBusy = false;
  }

  function release(waiting: Waiting | undefined): void {
    try {
      if (isClosed) waiting?.refuse?.();
      else waiting?.send();
    } catch (error) {
      broken(error); // Those behind it still have to go.
    }
  }

  const outbox: Outbox = {
    after(send, refuse) {
      if (!isBusy) release({ send, refuse });
      else (next.size > 0 ? later : now).push({ send, refuse });
    },
    isClosed: () => isClosed,
  };

  return {
    commit(changes) {
      for (const [key, record] of changes) next.set(key, record === undefined ? undefined : JSON.stringify(record()));
      if (isBusy) return;
      isBusy = true;
      // After all sockets that can be read now: their requests share one write.
      setImmediate(() => void writeAll());
    },
    outbox,
    async close() {
      while (isBusy) await new Promise<void>((resolve) => outbox.after(resolve, resolve));
      isClosed = true;
    },
  };
}
