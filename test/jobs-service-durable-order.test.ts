/** What leaves the service waits for what it rests on, and keeps its order. */
import { describe, expect, it } from "vitest";
import { groupCommit, memoryOutbox, type Batch } from "../tools/jobs-service/group-commit";

/** A disk that writes when the test says so. */
function slowDisk() {
  const batches: Record<string, string | undefined>[] = [];
  let settle: { resolve: () => void; reject: (error: Error) => void } | undefined;
  let begun = (): void => {};
  return {
    batches,
    write: (batch: Batch): Promise<void> => {
      batches.push(Object.fromEntries(batch));
      const written = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
      begun();
      return written;
    },
    /** Resolves when the next write has begun. */
    next: () => new Promise<void>((resolve) => (begun = resolve)),
    done: () => settle?.resolve(),
    fail: () => settle?.reject(new Error("no space left on device")),
  };
}

function open() {
  const disk = slowDisk();
  const said: string[] = [];
  const complaints: string[] = [];
  const commits = groupCommit(
    disk.write,
    ({ message }) => complaints.push(message),
    (error) => complaints.push(String(error)),
  );
  const keep = (key: string, value: number): void => commits.commit(new Map([[key, () => value]]));
  const say = (word: string): void =>
    commits.outbox.after(
      () => said.push(word),
      () => said.push(`not ${word}`),
    );
  return { disk, said, complaints, commits, keep, say };
}

describe("a service with a data folder", () => {
  it("says at once what rests on nothing new", () => {
    const { said, say } = open();
    say("a");
    expect(said).toEqual(["a"]);
  });

  it("holds back replies, also to those who only read, until the change before them is written", async () => {
    const { disk, said, keep, say, commits } = open();
    keep("job/1", 1);
    say("changed");
    say("read");
    await disk.next();
    expect(said).toEqual([]);
    disk.done();
    await commits.close();
    expect(said).toEqual(["changed", "read"]);
    expect(disk.batches).toEqual([{ "job/1": "1" }]);
  });

  it("writes once what came while it wrote, the last value of each record, and says what belongs to each write after it", async () => {
    const { disk, said, keep, say, commits } = open();
    keep("job/1", 1);
    say("one");
    await disk.next();
    keep("job/1", 2);
    keep("job/2", 1);
    say("two");
    keep("job/1", 3);
    commits.commit(new Map([["job/2", undefined]]));
    say("three");
    const second = disk.next();
    disk.done();
    await second;
    expect(said).toEqual(["one"]);
    disk.done();
    await commits.close();
    expect(said).toEqual(["one", "two", "three"]);
    expect(disk.batches).toEqual([{ "job/1": "1" }, { "job/1": "3", "job/2": undefined }]);
  });

  it("reads a record when its turn ends, not when it is written", async () => {
    const { disk, commits } = open();
    const job = { status: "QUEUED" };
    commits.commit(new Map([["job/1", () => job]]));
    job.status = "IN_PROGRESS";
    await disk.next();
    disk.done();
    await commits.close();
    expect(disk.batches).toEqual([{ "job/1": '{"status":"QUEUED"}' }]);
  });

  it("keeps the order when what it says leads to more being said", async () => {
    const { disk, said, keep, say, commits } = open();
    keep("job/1", 1);
    commits.outbox.after(() => {
      said.push("first");
      say("third");
    });
    say("second");
    await disk.next();
    disk.done();
    await commits.close();
    expect(said).toEqual(["first", "second", "third"]);
  });

  it("refuses all that waited and all that comes once a write has failed", async () => {
    const { disk, said, complaints, keep, say, commits } = open();
    keep("job/1", 1);
    say("one");
    await disk.next();
    keep("job/2", 1);
    say("two");
    expect(commits.outbox.isClosed()).toBe(false);
    disk.fail();
    await commits.close();
    say("three");
    expect(said).toEqual(["not one", "not two", "not three"]);
    expect(commits.outbox.isClosed()).toBe(true);
    expect(complaints).toEqual(["no space left on device"]);
    expect(disk.batches).toEqual([{ "job/1": "1" }]);
  });

  it("goes on with the others when saying one thing fails", async () => {
    const { disk, said, complaints, keep, say, commits } = open();
    keep("job/1", 1);
    commits.outbox.after(() => {
      throw new Error("gone");
    });
    say("next");
    await disk.next();
    disk.done();
    await commits.close();
    expect(said).toEqual(["next"]);
    expect(complaints).toEqual(["Error: gone"]);
  });
});

describe("a service in memory", () => {
  it("says everything at once", () => {
    const said: string[] = [];
    memoryOutbox.after(() => said.push("a"));
    expect(said).toEqual(["a"]);
    expect(memoryOutbox.isClosed()).toBe(false);
  });
});
