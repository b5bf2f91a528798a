/** Ties the rules to a data folder: what they change goes there, and what leaves the service waits for it. */
import { damaged, openData, type Data } from "./data";
import { groupCommit, type GroupCommit } from "./group-commit";
import type { RulesOptions } from "./rules";
import type { SavedRecord } from "./rules/restore";

export interface Keeping extends Pick<Data, "blobs" | "secret" | "authorityDir">, Pick<GroupCommit, "outbox"> {
  /** Makes rules that know what the folder holds. Throws a DataFolderError when that makes no sense. */
  restored<T>(make: (options: Required<Pick<RulesOptions, "restored" | "commit">>) => T): Promise<T>;
  /** Resolves when everything is written. What is changed after that is refused. */
  close(): Promise<void>;
}

/** Opens the data folder `dir`. Throws a DataFolderError. */
export async function keepIn(dir: string, log: (line: string) => void, broken: (error: unknown) => void): Promise<Keeping> {
  const data = await openData(dir);
  const failed = ({ message }: Error): void =>
    log(`cannot write to the data folder ${dir} (${message}): refusing everything from now on; make room or repair the disk, then restart`);
  const commits = groupCommit((batch) => data.write(batch), failed, broken);
  let records: SavedRecord[];
  try {
    records = await data.read();
  } catch (error) {
    await data.close();
    throw error;
  }
  return {
    blobs: data.blobs,
    secret: data.secret,
    authorityDir: data.authorityDir,
    outbox: commits.outbox,
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
