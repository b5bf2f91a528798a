/** Jobs that begin later, go on in maintenance windows only, and end at a moment. */
import { beforeEach, describe, expect, it } from "vitest";
import { createRules, type JobInput } from "../tools/jobs-service/rules";
import type { SchedulingConfig } from "../tools/jobs-service/rules/schedule";
import { openRulebook, thing, type Rulebook } from "./jobs-service/rulebook";

const minute = 60_000;
const hour = 60 * minute;
let book: Rulebook; // It is Tuesday, 2023-11-14 22:13:20 UTC.
beforeEach(() => void (book = openRulebook()));

const create = (schedulingConfig: SchedulingConfig, more: Partial<JobInput> = {}): void => book.create("j1", { schedulingConfig, ...more });
const job = () => book.rules.describeJob("j1");
/** Moves on to a moment written as `15 02:00`: the day of November 2023 and the time. */
function until(moment: string): void {
  book.time.advance(Date.parse(`2023-11-${moment.replace(" ", "T")}:00Z`) - book.time.now());
}
/** Every night from two to four. */
const nights = { maintenanceWindows: [{ startTime: "cron(0 2 * * ? *)", durationInMinutes: 120 }] };

describe("a scheduled job", () => {
  it("is SCHEDULED until its startTime, and unknown to its things", () => {
    create({ startTime: "2023-11-14 23:00" });
    expect(job()).toMatchObject({
      status: "SCHEDULED",
      schedulingConfig: { startTime: "2023-11-14 23:00" },
      isConcurrent: false,
      jobProcessDetails: { numberOfQueuedThings: 0 },
    });
    until("14 22:59");
    expect(book.ask("$next/get")).not.toHaveProperty("execution");
    expect(book.heard()).toEqual([]);
    until("14 23:00");
    expect(job().status).toBe("IN_PROGRESS");
    expect(book.heard()).toEqual(["notify j1", "notify-next j1"]);
    expect(book.ask("$next/get")["execution"]).toMatchObject({ queuedAt: Date.parse("2023-11-14T23:00:00Z") / 1000 });
  });

  it("goes to the members that its group has when it starts", () => {
    book.rules.createThingGroup("fleet");
    create({ startTime: "2023-11-14 23:00" }, { targets: [book.rules.groups.create("fleet").thingGroupArn] });
    book.rules.addThingToThingGroup("fleet", thing);
    expect(book.heard()).toEqual([]);
    until("14 23:00");
    expect(book.status("j1")).toBe("QUEUED");
  });

  it("can be changed, cancelled, and deleted with force before it starts", () => {
    create({ startTime: "2023-11-14 23:00" });
    book.rules.updateJob("j1", { description: "later" });
    expect(() => book.rules.deleteJob("j1")).toThrow(expect.objectContaining({ name: "InvalidStateTransitionException" }));
    book.rules.cancelJob("j1");
    expect(job()).toMatchObject({ status: "CANCELED", description: "later" });
    book.rules.deleteJob("j1");
    create({ startTime: "2023-11-14 23:00" });
    book.rules.deleteJob("j1", true);
    until("15 23:00");
    expect(book.heard()).toEqual([]);
    expect(book.rules.nextDeadlineMs()).toBeUndefined();
  });

  it("takes the moments of ISO 8601 too, which the AWS CLI sends", () => {
    create({ startTime: "2023-11-14T23:00:00Z" });
    until("14 23:00");
    expect(job().status).toBe("IN_PROGRESS");
  });

  it.each([
    ["a start in 29 minutes", { startTime: "2023-11-14 22:42" }, "thirty minutes"],
    ["a start in more than a year", { startTime: "2024-11-14 22:14" }, "one year"],
    ["an end in 29 minutes", { endTime: "2023-11-14 22:42" }, "thirty minutes"],
    ["an end 29 minutes after its start", { startTime: "2023-11-15 10:00", endTime: "2023-11-15 10:29" }, "thirty minutes"],
    ["an end more than two years after its start", { startTime: "2023-11-15 10:00", endTime: "2025-11-15 10:01" }, "two years"],
    ["a start that is no date", { startTime: "tomorrow" }, "YYYY-MM-DD HH:MM"],
    ["the 31st of November", { startTime: "2023-11-31 10:00" }, "YYYY-MM-DD HH:MM"],
    ["an end behaviour that is none", { endTime: "2023-11-16 10:00", endBehavior: "PAUSE" }, "endBehavior"],
    ["a window of no minutes", { maintenanceWindows: [{ startTime: "cron(0 2 * * ? *)", durationInMinutes: 0 }] }, "durationInMinutes"],
    ["a window of a day", { maintenanceWindows: [{ startTime: "cron(0 2 * * ? *)", durationInMinutes: 1431 }] }, "durationInMinutes"],
    ["a window that says no time", { maintenanceWindows: [{ durationInMinutes: 10 }] }, "maintenanceWindows.startTime"],
    ["a window at no time", { maintenanceWindows: [{ startTime: "cron(0 2 * * * *)", durationInMinutes: 10 }] }, "no cron expression"],
    [
      "windows in the past only",
      { maintenanceWindows: [{ startTime: "cron(0 2 * * ? 2020)", durationInMinutes: 10 }] },
      "no maintenance window",
    ],
    ["an end before its first window", { endTime: "2023-11-15 01:00", ...nights }, "no maintenance window"],
  ])("is refused with %s", (_what, config, why) => {
    expect(() => create(config as SchedulingConfig)).toThrow(
      expect.objectContaining({ name: "InvalidRequestException", message: expect.stringContaining(why) as string }),
    );
  });

  it("is as it was after a restart, and starts", () => {
    let now = Date.parse("2026-01-01T00:00:00Z");
    const records = new Map<string, unknown>();
    const options = {
      now: () => now,
      deliver: () => {},
      commit: (changes: ReadonlyMap<string, (() => unknown) | undefined>) =>
        changes.forEach((record, key) =>
          record === undefined ? records.delete(key) : records.set(key, JSON.parse(JSON.stringify(record()))),
        ),
    };
    const first = createRules(options);
    first.createThing(thing);
    const schedulingConfig = { ...nights, startTime: "2026-01-01 01:00" };
    first.createJob({ jobId: "j1", targets: [first.thingArn(thing)], document: "{}", schedulingConfig });
    const restart = () => createRules({ ...options, restored: [...records] });
    expect(restart().describeJob("j1")).toEqual(first.describeJob("j1"));
    expect(restart().nextDeadlineMs()).toBe(now + hour);
    now += 2 * hour;
    const second = restart();
    second.expireDue();
    expect(second.describeExecution(thing, "j1").queuedAt).toBe(now / 1000);
    now += 2 * hour + minute;
    second.expireDue();
    const third = restart();
    expect(third.describeExecution(thing, "j1").status).toBe("QUEUED");
    expect(third.perform(thing, { operation: "get-pending" }, {})).toEqual({ inProgressJobs: [], queuedJobs: [] });
  });
});

describe("a maintenance window", () => {
  it("shows what is queued while it is open, and hides it between", () => {
    create(nights);
    expect(job().status).toBe("SCHEDULED");
    until("15 02:00");
    expect(job().status).toBe("IN_PROGRESS");
    expect(book.heard()).toEqual(["notify j1", "notify-next j1"]);
    until("15 04:00");
    expect(book.heard()).toEqual(["notify ", "notify-next nothing"]);
    expect(job().jobProcessDetails.numberOfQueuedThings).toBe(1);
    expect(book.ask("$next/get")).not.toHaveProperty("execution");
    expect(book.ask("start-next")).not.toHaveProperty("execution");
    expect(book.ask("get")).toMatchObject({ inProgressJobs: [], queuedJobs: [] });
    expect(book.ask("j1/get")["execution"]).toMatchObject({ status: "QUEUED" });
    until("16 02:00");
    expect(book.heard()).toEqual(["notify j1", "notify-next j1"]);
    expect(book.ask("start-next")["execution"]).toMatchObject({ jobId: "j1", versionNumber: 2 });
  });

  it("that closes leaves what runs visible", () => {
    create(nights);
    until("15 02:30");
    book.ask("start-next");
    book.heard();
    until("15 12:00");
    expect(book.heard()).toEqual([]);
    expect(book.ask("$next/get")["execution"]).toMatchObject({ jobId: "j1", status: "IN_PROGRESS" });
    book.ask("j1/update", { status: "SUCCEEDED" });
    expect(job().status).toBe("COMPLETED");
    expect(book.rules.nextDeadlineMs()).toBeUndefined();
  });

  it("hides one job and leaves the others", () => {
    create(nights);
    until("15 02:00");
    book.create("j2");
    book.heard();
    until("15 04:00");
    expect(book.heard()).toEqual(["notify j2", "notify-next j2"]);
    book.create("j3");
    expect(book.heard()).toEqual(["notify j2,j3"]);
    until("16 02:00");
    expect(book.heard()).toEqual(["notify j1,j2,j3", "notify-next j1"]);
  });

  it("that is open when the job is created is used at once", () => {
    create({ maintenanceWindows: [{ startTime: "cron(0 22 * * ? *)", durationInMinutes: 60 }] });
    expect(job().status).toBe("IN_PROGRESS");
    expect(book.heard()).toEqual(["notify j1", "notify-next j1"]);
    until("14 23:00");
    expect(book.heard()).toEqual(["notify ", "notify-next nothing"]);
  });

  it("that overlaps another one keeps the job visible until both have closed", () => {
    const windows = [
      { startTime: "cron(0 2 * * ? *)", durationInMinutes: 60 },
      { startTime: "cron(30 2 * * ? *)", durationInMinutes: 60 },
    ];
    create({ maintenanceWindows: windows });
    until("15 02:00");
    book.heard();
    until("15 03:15");
    expect(book.heard()).toEqual([]);
    until("15 03:30");
    expect(book.heard()).toEqual(["notify ", "notify-next nothing"]);
  });

  it("holds the rollout up until the next one", () => {
    for (const name of ["t1", "t2", "t3"]) book.rules.createThing(name);
    const targets = [thing, "t1", "t2", "t3"].map((name) => book.rules.thingArn(name));
    const short = { maintenanceWindows: [{ startTime: "cron(0 2 * * ? *)", durationInMinutes: 2 }] };
    create(short, { targets, jobExecutionsRolloutConfig: { maximumPerMinute: 1 } });
    until("15 02:10");
    expect(job().jobProcessDetails.numberOfQueuedThings).toBe(2);
    until("16 02:10");
    expect(job().jobProcessDetails.numberOfQueuedThings).toBe(4);
  });

  it("is what a retry, and a thing that joins, wait for", () => {
    const { thingGroupArn } = book.rules.groups.create("fleet");
    const jobExecutionsRetryConfig = { criteriaList: [{ failureType: "FAILED" as const, numberOfRetries: 1 }] };
    create(nights, { targets: [book.rules.thingArn(thing), thingGroupArn], targetSelection: "CONTINUOUS", jobExecutionsRetryConfig });
    until("15 03:00");
    book.ask("start-next");
    until("15 05:00");
    book.heard();
    book.ask("j1/update", { status: "FAILED" });
    expect(book.heard()).toEqual(["notify ", "notify-next nothing"]);
    expect(book.status("j1")).toBe("QUEUED");
    book.rules.createThing("late");
    book.rules.addThingToThingGroup("fleet", "late");
    expect(() => book.rules.describeExecution("late", "j1")).toThrow("cannot be found");
    until("16 02:00");
    expect(book.ask("$next/get")["execution"]).toMatchObject({ executionNumber: 2 });
    expect(book.rules.describeExecution("late", "j1").status).toBe("QUEUED");
  });

  it("has the next seven openings told in DescribeJob, from the start to the end of the schedule", () => {
    create({ ...nights, startTime: "2023-11-16 02:00" });
    const days = (): string[] | undefined => job().scheduledJobRollouts?.map(({ startTime }) => startTime.slice(8));
    expect(days()).toEqual(["16 02:00", "17 02:00", "18 02:00", "19 02:00", "20 02:00", "21 02:00", "22 02:00"]);
    until("18 12:00");
    expect(days()?.[0]).toBe("19 02:00");
    book.rules.cancelJob("j1");
    expect(days()).toBeUndefined();
    book.rules.deleteJob("j1");
    create({ ...nights, endTime: "2023-11-21 02:00" });
    expect(days()).toEqual(["19 02:00", "20 02:00"]);
  });

  it("lets five executions be seen beside ten of other jobs", () => {
    for (let n = 0; n < 7; n++) book.create(`w${n}`, { schedulingConfig: nights });
    for (let n = 0; n < 12; n++) book.create(`p${n}`);
    until("15 02:00");
    const queued = (book.ask("get")["queuedJobs"] as { jobId: string }[]).map(({ jobId }) => jobId);
    expect(queued.filter((jobId) => jobId.startsWith("p"))).toHaveLength(10);
    expect(queued.filter((jobId) => jobId.startsWith("w"))).toEqual(["w0", "w1", "w2", "w3", "w4"]);
  });
});

describe("the end of a schedule", () => {
  const twoThings = (): Partial<JobInput> => {
    book.rules.createThing("t1");
    return { targets: [book.rules.thingArn(thing), book.rules.thingArn("t1")] };
  };

  it("with STOP_ROLLOUT leaves what was queued and goes to no further thing", () => {
    const slow = { maintenanceWindows: [{ startTime: "cron(0 2 * * ? *)", durationInMinutes: 1 }] };
    const rate = { jobExecutionsRolloutConfig: { maximumPerMinute: 1 } };
    create({ ...slow, endTime: "2023-11-15 10:00", endBehavior: "STOP_ROLLOUT" }, { ...twoThings(), ...rate });
    until("15 10:00");
    expect(job()).toMatchObject({ status: "IN_PROGRESS", isConcurrent: false });
    until("16 02:00");
    expect(job().jobProcessDetails.numberOfQueuedThings).toBe(1);
    book.ask("j1/update", { status: "SUCCEEDED" });
    expect(job().status).toBe("COMPLETED");
  });

  it("with STOP_ROLLOUT completes a CONTINUOUS job whose things are done", () => {
    const { thingGroupArn } = book.rules.groups.create("fleet");
    create({ endTime: "2023-11-15 10:00" }, { targets: [book.rules.thingArn(thing), thingGroupArn], targetSelection: "CONTINUOUS" });
    book.ask("j1/update", { status: "SUCCEEDED" });
    until("15 09:59");
    expect(job().status).toBe("IN_PROGRESS");
    until("15 10:00");
    expect(job().status).toBe("COMPLETED");
    book.rules.createThing("late");
    book.rules.addThingToThingGroup("fleet", "late");
    expect(() => book.rules.describeExecution("late", "j1")).toThrow("cannot be found");
  });

  it.each([
    ["CANCEL", "IN_PROGRESS", undefined],
    ["FORCE_CANCEL", "CANCELED", true],
  ] as const)("with %s cancels the job, and what runs is %s", (endBehavior, status, forceCanceled) => {
    create({ endTime: "2023-11-15 10:00", endBehavior }, twoThings());
    book.ask("start-next");
    until("15 10:00");
    expect(job()).toMatchObject({ status: "CANCELED" });
    expect(job().forceCanceled).toBe(forceCanceled);
    expect(book.status("j1")).toBe(status);
    expect(book.rules.describeExecution("t1", "j1").status).toBe("CANCELED");
  });

  it("does nothing to a job that is done by then", () => {
    create({ endTime: "2023-11-15 10:00", endBehavior: "FORCE_CANCEL" });
    book.ask("j1/update", { status: "SUCCEEDED" });
    until("16 10:00");
    expect(job().status).toBe("COMPLETED");
  });
});
