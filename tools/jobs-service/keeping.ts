/** Ties the rules to a data folder: what they change goes there, and what leaves the service waits for it. */
import { damaged, openData, type Data } from "./data";
import { groupCommit, type GroupCommit } from "./group-commit";
import type { RulesOptions } from "./rules";
import type { SavedRecord } from "./rules/restore";
import { openSessionStore, type SessionStore } from "./session-store";

export interface Keeping extends Pick<Data, "blobs" | "secret" | "authorityDir">, Pick<GroupCommit, "outbox"> {
  /** Makes rules that know what the folder holds. Throws a DataFolderError when that makes no sense. */
  restored<T>(make: (options: Required<Pick<RulesOptions, "restored" | "commit">>) => T): Promise<T>;
  /** The MQTT sessions that the folder holds, once. Throws a DataFolderError when they make no sense. */
  openSessions(): Promise<SessionStore>;
  /** Resolves when everything is written. What is changed after that is refused. */
  close(): Promise<void>;
}

/** Opens the data folder `dir`. Throws a DataFolderError. */
export async function keepIn(dir: string, log: (line: string) => void, broken: (error: unknown) => void): Promise<Keeping> {
  const data = await openData(dir);
  const failed = ({ message }: Error): void =>
    log(`cannot write to the data folder ${dir} (${message}): refusing everything from now on; make room or repair the disk, then restart`);
  const commits = groupCommit((batch) => data.write(batch), failed, broken);
  // Apart from what the rules change, so that no reply waits for the queue of another device.
  const sessionCommits = groupCommit(
    (batch) => data.write(batch),
    ({ message }) => log(`cannot keep MQTT sessions in the data folder ${dir} (${message}): make room or repair the disk, then restart`),
    broken,
  );
  let records: SavedRecord[];
  let sessions: SavedRecord[];
  try {
    records = await data.read();
    sessions = await data.readSessions();
  } catch (error) {
    await data.close();
    throw error;
  }
  return {
    blobs: data.blobs,
    secret: data.secret,
    authorityDir: data.authorityDir,
    outbox: commits.outbox,
    async openSessions() {
      try {
        return await openSessionStore({
          restored: sessions,
          commit: (changes) => sessionCommits.commit(changes),
          written: () =>
            new Promise((resolve, reject) => {
              sessionCommits.outbox.after(resolve, () => reject(new Error("the session cannot be kept")));
            }),
        });
      } catch (error) {
        await data.close();
        throw damaged(dir, error);
      }
    },
    async restored(make) {
      try {
        return make({ restored: drained(records), commit: (changes) => commits.commit(changes) });
      } catch (error) {
        await data.close();
        throw damaged(dir, error);
      }
    },
    async close() {
      await commits.close();
      await sessionCommits.close();
      await data.close();
    },
  };
}

/** Lets go of each record once it is handed on: the rules hold it then, in another form. */
function* drained(records: SavedRecord[]): Generator<SavedRecord, undefined> {
  records.reverse();
  for (let record = records.pop(); record !== undefined; record = records.pop()) yield record;
  return undefined;
}
