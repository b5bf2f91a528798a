/** Notifications and timers of the rulebook, beyond the published vectors. */
import { beforeEach, describe, expect, it } from "vitest";
import { openRulebook, thing, type Rulebook } from "./jobs-service/rulebook";

let book: Rulebook;
beforeEach(() => void (book = openRulebook()));
const create: Rulebook["create"] = (...job) => book.create(...job);
const ask: Rulebook["ask"] = (...request) => book.ask(...request);

describe("notifications", () => {
  it("tell of members and of the head, each only when it changed", () => {
    create("j1");
    expect(book.heard()).toEqual(["notify j1", "notify-next j1"]);
    create("j2");
    expect(book.heard()).toEqual(["notify j1,j2"]);
    ask("j1/update", { status: "IN_PROGRESS" });
    expect(book.heard()).toEqual([]);
    create("j3");
    expect(book.heard()).toEqual(["notify j1*,j2,j3"]);
    ask("j1/update", { status: "IN_PROGRESS", statusDetails: { step: "2" } });
    expect(book.heard()).toEqual([]);
    ask("j1/update", { status: "SUCCEEDED" });
    expect(book.heard()).toEqual(["notify j2,j3", "notify-next j2"]);
    ask("j3/update", { status: "IN_PROGRESS" }); // out of turn
    expect(book.heard()).toEqual(["notify-next j3"]);
    ask("j2/update", { status: "REJECTED" });
    expect(book.heard()).toEqual(["notify j3*"]);
    book.rules.deleteExecution(thing, "j3", undefined, true);
    expect(book.heard()).toEqual(["notify ", "notify-next nothing"]);
  });

  it("stay away when nothing changes: refusals, descriptions, start-next on a running job", () => {
    create("j1");
    ask("start-next");
    book.heard();
    ask("start-next", { statusDetails: { a: "b" } });
    ask("j1/get");
    ask("$next/get");
    ask("get");
    ask("j1/update", { status: "SUCCEEDED", expectedVersion: 7 });
    ask("j1/update", { status: "REJECTED" });
    expect(book.heard()).toEqual([]);
  });

  it("put the earliest queued of several running jobs first, not the earliest started", () => {
    create("a");
    book.time.advance(1000);
    create("b");
    ask("b/update", { status: "IN_PROGRESS" });
    book.heard();
    ask("a/update", { status: "IN_PROGRESS" });
    expect(book.heard()).toEqual(["notify-next a"]);
    expect(ask("get")["inProgressJobs"]).toMatchObject([{ jobId: "a" }, { jobId: "b" }]);
  });

  it("keep the order of creation within one second, and list running jobs before ten in all", () => {
    for (let n = 0; n < 12; n++) create(`j${n}`);
    ask("j11/update", { status: "IN_PROGRESS" });
    const { inProgressJobs, queuedJobs } = ask("get") as { inProgressJobs: { jobId: string }[]; queuedJobs: { jobId: string }[] };
    expect(inProgressJobs.map(({ jobId }) => jobId)).toEqual(["j11"]);
    expect(queuedJobs.map(({ jobId }) => jobId)).toEqual(["j0", "j1", "j2", "j3", "j4", "j5", "j6", "j7", "j8"]);
  });
});

describe("timers", () => {
  const limited = { timeoutConfig: { inProgressTimeoutInMinutes: 20 } };

  it("do not run while a job is queued", () => {
    create("j1", limited);
    book.time.advance(86_400_000);
    expect(book.status("j1")).toBe("QUEUED");
  });

  it("follow the guide's example: three step timers under one job timer of 20 minutes", () => {
    create("j1", limited);
    ask("start-next");
    book.time.advance(5 * 60_000);
    ask("j1/update", { status: "IN_PROGRESS", stepTimeoutInMinutes: 7 });
    expect(ask("j1/get")["execution"]).toMatchObject({ approximateSecondsBeforeTimedOut: 420 });
    book.time.advance(5 * 60_000);
    ask("j1/update", { status: "IN_PROGRESS", stepTimeoutInMinutes: 5 });
    expect(ask("j1/get")["execution"]).toMatchObject({ approximateSecondsBeforeTimedOut: 300 });
    book.time.advance(3 * 60_000);
    ask("j1/update", { status: "IN_PROGRESS", stepTimeoutInMinutes: 9 });
    expect(ask("j1/get")["execution"]).toMatchObject({ approximateSecondsBeforeTimedOut: 420 });
    book.heard();
    book.time.advance(7 * 60_000 - 1);
    expect(book.status("j1")).toBe("IN_PROGRESS");
    book.time.advance(1);
    expect(book.status("j1")).toBe("TIMED_OUT");
    expect(book.heard()).toEqual(["notify ", "notify-next nothing"]);
    expect(ask("j1/update", { status: "SUCCEEDED" })).toMatchObject({
      code: "InvalidStateTransition",
      executionState: { status: "TIMED_OUT" },
    });
  });

  it("end with -1, are kept by an update that names none, and stop at the end of the job", () => {
    create("j1");
    ask("start-next", { stepTimeoutInMinutes: 1 });
    ask("j1/update", { status: "IN_PROGRESS" });
    expect(ask("j1/get")["execution"]).toMatchObject({ approximateSecondsBeforeTimedOut: 60 });
    ask("j1/update", { status: "IN_PROGRESS", stepTimeoutInMinutes: -1 });
    expect(ask("j1/get")["execution"]).not.toHaveProperty("approximateSecondsBeforeTimedOut");
    ask("j1/update", { status: "IN_PROGRESS", stepTimeoutInMinutes: 1 });
    ask("j1/update", { status: "SUCCEEDED" });
    book.time.advance(600_000);
    expect(book.status("j1")).toBe("SUCCEEDED");
    expect(book.time.untilNext()).toBeUndefined();
  });

  it("cannot be set longer by changing the job while it runs", () => {
    create("j1", limited);
    ask("start-next");
    book.rules.updateJob("j1", { timeoutConfig: { inProgressTimeoutInMinutes: 60 } });
    book.time.advance(20 * 60_000);
    expect(book.status("j1")).toBe("TIMED_OUT");
  });

  it("of many executions fire each in its time, whatever the order of setting and clearing", () => {
    for (let n = 0; n < 40; n++) {
      create(`j${n}`);
      ask(`j${n}/update`, { status: "IN_PROGRESS", stepTimeoutInMinutes: ((n * 17) % 40) + 1 });
    }
    for (let n = 0; n < 40; n += 3) ask(`j${n}/update`, { status: "IN_PROGRESS", stepTimeoutInMinutes: -1 });
    for (let n = 0; n < 40; n += 6) ask(`j${n}/update`, { status: "IN_PROGRESS", stepTimeoutInMinutes: 1 });
    for (let minute = 1; minute <= 40; minute++) {
      book.time.advance(60_000);
      for (let n = 0; n < 40; n++) {
        const due = n % 6 === 0 ? 1 : n % 3 === 0 ? Infinity : ((n * 17) % 40) + 1;
        expect(book.status(`j${n}`)).toBe(due <= minute ? "TIMED_OUT" : "IN_PROGRESS");
      }
    }
  });
});
