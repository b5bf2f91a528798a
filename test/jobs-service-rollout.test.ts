/** How a job reaches its things: rates, batches, what joins and leaves meanwhile, and when it is aborted. */
import { beforeEach, describe, expect, it } from "vitest";
import type { JobInput } from "../tools/jobs-service/rules";
import { createRules } from "../tools/jobs-service/rules";
import { groupArn } from "../tools/jobs-service/rules/names";
import { openRulebook, thing, type Rulebook } from "./jobs-service/rulebook";

const minute = 60_000;
let book: Rulebook;
beforeEach(() => void (book = openRulebook()));

/** Registers so many things as the members of a group. */
function fleet(size: number, groupName = "fleet"): void {
  book.rules.createThingGroup(groupName);
  for (let n = 0; n < size; n++) {
    book.rules.createThing(`t${n}`);
    book.rules.addThingToThingGroup(groupName, `t${n}`);
  }
}

function create(more: Partial<JobInput> = {}): void {
  book.create("j1", { targets: [groupArn("fleet")], ...more });
}

function end(thingName: string, status: string): void {
  book.rules.perform(thingName, { operation: "update", jobId: "j1", namespace: "" }, { status });
}

const job = () => book.rules.describeJob("j1");
const counts = () => job().jobProcessDetails;
const queued = (): number => counts().numberOfQueuedThings;
/** How many things have the job after each of the next minutes. */
function byMinute(minutes: number): number[] {
  return Array.from({ length: minutes }, () => {
    book.time.advance(minute);
    return book.rules.executionsForJob("j1").executionSummaries.length;
  });
}

describe("a rollout", () => {
  it("without a rate reaches all things at once", () => {
    fleet(30);
    create();
    expect(queued()).toBe(30);
    expect(job()).toMatchObject({ isConcurrent: false });
    expect(counts()).not.toHaveProperty("processingTargets");
  });

  it("has AWS's own rate where that is chosen", () => {
    book = openRulebook({ defaultRolloutPerMinute: 1000 });
    fleet(1001);
    create();
    expect(queued()).toBe(1000);
    book.time.advance(minute);
    expect(queued()).toBe(1001);
  });

  it("goes on minute by minute at its rate, and says so", () => {
    fleet(25);
    create({ jobExecutionsRolloutConfig: { maximumPerMinute: 10 } });
    expect(queued()).toBe(10);
    expect(job()).toMatchObject({ isConcurrent: true, jobProcessDetails: { processingTargets: [groupArn("fleet")] } });
    expect(book.rules.nextDeadlineMs()).toBe(book.time.now() + minute);
    book.time.advance(minute - 1);
    expect(queued()).toBe(10);
    expect(byMinute(3)).toEqual([20, 25, 25]);
    expect(job().isConcurrent).toBe(false);
    expect(book.rules.nextDeadlineMs()).toBeUndefined();
  });

  it("tells each thing of the job when its turn comes, with that moment as queuedAt", () => {
    book.rules.createThing("t0");
    book.heard();
    const targets = [book.rules.thingArn("t0"), book.rules.thingArn(thing)];
    book.create("j1", { targets, jobExecutionsRolloutConfig: { maximumPerMinute: 1 } });
    expect(book.said.map(({ thingName }) => thingName)).toEqual(["t0", "t0"]);
    book.said.splice(0);
    expect(counts()).toMatchObject({ processingTargets: [book.rules.thingArn(thing)] });
    book.time.advance(minute);
    expect(book.heard()).toEqual(["notify j1", "notify-next j1"]);
    expect(book.ask("j1/get")["execution"]).toMatchObject({ queuedAt: 1_700_000_060 });
  });

  it("gets faster with the number of things that were told", () => {
    fleet(200);
    const rateIncreaseCriteria = { numberOfNotifiedThings: 20 };
    create({ jobExecutionsRolloutConfig: { exponentialRate: { baseRatePerMinute: 10, incrementFactor: 2, rateIncreaseCriteria } } });
    // 10 a minute up to 20 things, then 20 up to 40, then 40 up to 80, then 10 x 2^4 ...
    expect(byMinute(5)).toEqual([20, 40, 80, 200, 200]);
  });

  it("gets faster with the number of things that succeeded, and never faster than its maximum", () => {
    fleet(60);
    const exponentialRate = { baseRatePerMinute: 5, incrementFactor: 1.5, rateIncreaseCriteria: { numberOfSucceededThings: 5 } };
    create({ jobExecutionsRolloutConfig: { exponentialRate, maximumPerMinute: 10 } });
    expect(byMinute(1)).toEqual([10]);
    for (let n = 0; n < 5; n++) end(`t${n}`, "SUCCEEDED");
    expect(byMinute(1)).toEqual([17]);
    for (let n = 5; n < 15; n++) end(`t${n}`, "SUCCEEDED");
    expect(byMinute(1)).toEqual([27]);
  });

  it("takes another rate from the next batch on", () => {
    fleet(25);
    create({ jobExecutionsRolloutConfig: { maximumPerMinute: 5 } });
    book.rules.updateJob("j1", { jobExecutionsRolloutConfig: { maximumPerMinute: 15 } });
    expect(queued()).toBe(5);
    expect(byMinute(2)).toEqual([20, 25]);
  });

  it("is not complete before its last thing is, although all that were told have ended", () => {
    fleet(2);
    create({ jobExecutionsRolloutConfig: { maximumPerMinute: 1 } });
    end("t0", "SUCCEEDED");
    expect(job().status).toBe("IN_PROGRESS");
    book.time.advance(minute);
    end("t1", "SUCCEEDED");
    expect(job().status).toBe("COMPLETED");
  });

  it("ends where it stands when the job is cancelled or deleted", () => {
    fleet(3);
    create({ jobExecutionsRolloutConfig: { maximumPerMinute: 1 } });
    book.rules.cancelJob("j1");
    expect(job()).toMatchObject({ status: "CANCELED", isConcurrent: false });
    expect(byMinute(3)).toEqual([1, 1, 1]);
    book.rules.deleteJob("j1");
    create({ jobExecutionsRolloutConfig: { maximumPerMinute: 1 } });
    book.rules.deleteJob("j1", true);
    book.said.splice(0);
    book.time.advance(5 * minute);
    expect(book.said).toEqual([]);
    expect(book.rules.nextDeadlineMs()).toBeUndefined();
  });

  it("passes over a thing that was deleted meanwhile, and completes without it", () => {
    fleet(2);
    create({ jobExecutionsRolloutConfig: { maximumPerMinute: 1 } });
    end("t0", "SUCCEEDED");
    book.rules.deleteThing("t1");
    book.time.advance(minute);
    expect(job()).toMatchObject({ status: "COMPLETED", jobProcessDetails: { numberOfRemovedThings: 0 } });
  });

  it("keeps the members that a SNAPSHOT job had when it was created", () => {
    fleet(2);
    create({ jobExecutionsRolloutConfig: { maximumPerMinute: 1 } });
    book.rules.removeThingFromThingGroup("fleet", "t1");
    book.rules.addThingToThingGroup("fleet", thing);
    expect(byMinute(3)).toEqual([2, 2, 2]);
    expect(book.ask("j1/get")["code"]).toBe("ResourceNotFound");
  });

  it.each([
    ["no thing per minute", { maximumPerMinute: 0 }, "maximumPerMinute"],
    ["more things per minute than AWS tells", { maximumPerMinute: 1001 }, "maximumPerMinute"],
    ["a factor of 1", { exponentialRate: rate({ incrementFactor: 1 }) }, "incrementFactor"],
    ["a factor of 5.1", { exponentialRate: rate({ incrementFactor: 5.1 }) }, "incrementFactor"],
    ["a factor with two digits", { exponentialRate: rate({ incrementFactor: 1.55 }) }, "at most 1 digits"],
    ["no base rate", { exponentialRate: rate({ baseRatePerMinute: undefined }) }, "baseRatePerMinute"],
    ["no criteria", { exponentialRate: rate({ rateIncreaseCriteria: undefined }) }, "rateIncreaseCriteria"],
    ["empty criteria", { exponentialRate: rate({ rateIncreaseCriteria: {} }) }, "numberOfNotifiedThings or numberOfSucceededThings"],
    ["a base above the maximum", { exponentialRate: rate({ baseRatePerMinute: 20 }), maximumPerMinute: 10 }, "more than maximumPerMinute"],
  ])("is refused with %s", (_what, config, why) => {
    fleet(1);
    expect(() => create({ jobExecutionsRolloutConfig: config as NonNullable<JobInput["jobExecutionsRolloutConfig"]> })).toThrow(
      expect.objectContaining({ name: "InvalidRequestException", message: expect.stringContaining(why) as string }),
    );
  });

  function rate(changes: object): object {
    return { baseRatePerMinute: 10, incrementFactor: 1.5, rateIncreaseCriteria: { numberOfNotifiedThings: 10 }, ...changes };
  }

  it("goes on after a restart with the things that it had not reached", () => {
    fleet(4);
    const records = new Map<string, unknown>();
    let now = 1_700_000_000_000;
    const options = {
      now: () => now,
      deliver: () => {},
      commit: (changes: ReadonlyMap<string, (() => unknown) | undefined>) => {
        for (const [key, record] of changes) {
          if (record === undefined) records.delete(key);
          else records.set(key, JSON.parse(JSON.stringify(record())));
        }
      },
    };
    const first = createRules(options);
    for (let n = 0; n < 5; n++) first.createThing(`t${n}`);
    const targets = [0, 1, 2, 3, 4].map((n) => first.thingArn(`t${n}`));
    first.createJob({ jobId: "j1", targets, document: "{}", jobExecutionsRolloutConfig: { maximumPerMinute: 2 } });
    const second = createRules({ ...options, restored: [...records] });
    expect(second.describeJob("j1")).toEqual(first.describeJob("j1"));
    expect(second.nextDeadlineMs()).toBe(now + minute);
    now += minute;
    second.expireDue();
    expect(second.describeJob("j1").jobProcessDetails).toMatchObject({ numberOfQueuedThings: 4, processingTargets: [targets[4]] });
    now += minute;
    second.expireDue();
    expect([...records.keys()].filter((key) => key.startsWith("rollout/"))).toEqual([]);
    expect(createRules({ ...options, restored: [...records] }).describeJob("j1").jobProcessDetails.numberOfQueuedThings).toBe(5);
  });

  it("reaches 10,000 things in well under five seconds", () => {
    fleet(10_000);
    const startedMs = performance.now();
    create();
    expect(queued()).toBe(10_000);
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });
});

describe("a CONTINUOUS job in the middle of its rollout", () => {
  const slow = { targetSelection: "CONTINUOUS", jobExecutionsRolloutConfig: { maximumPerMinute: 1 } } as const;

  it("goes at once to a thing that joins, whatever the rate", () => {
    fleet(3);
    create(slow);
    book.rules.addThingToThingGroup("fleet", thing);
    expect(book.status("j1")).toBe("QUEUED");
    expect(queued()).toBe(2);
    expect(byMinute(3)).toEqual([3, 4, 4]);
  });

  it("does not go to a thing that left before its turn", () => {
    fleet(3);
    create(slow);
    book.rules.removeThingFromThingGroup("fleet", "t1");
    expect(byMinute(3)).toEqual([2, 2, 2]);
    expect(() => book.rules.describeExecution("t1", "j1")).toThrow("cannot be found");
  });

  it("is REMOVED from a thing that leaves, and starts anew with fresh retries when it comes back", () => {
    fleet(1);
    const criteriaList = [{ failureType: "FAILED" as const, numberOfRetries: 1 }];
    create({ targetSelection: "CONTINUOUS", jobExecutionsRetryConfig: { criteriaList } });
    end("t0", "FAILED");
    expect(book.rules.describeExecution("t0", "j1")).toMatchObject({ status: "QUEUED", executionNumber: 2 });
    book.rules.removeThingFromThingGroup("fleet", "t0");
    expect(book.rules.describeExecution("t0", "j1").status).toBe("REMOVED");
    book.rules.addThingToThingGroup("fleet", "t0");
    end("t0", "FAILED");
    end("t0", "FAILED");
    const summaries = book.rules.executionsForJob("j1").executionSummaries.map(({ jobExecutionSummary: one }) => one);
    expect(summaries.map(({ status, retryAttempt }) => `${status} ${retryAttempt}`)).toEqual([
      "FAILED 0",
      "REMOVED 1",
      "FAILED 0",
      "FAILED 1",
    ]);
    expect(job().status).toBe("IN_PROGRESS");
  });

  it("reaches the members of a group that is associated later at its rate", () => {
    fleet(1);
    create(slow);
    book.rules.createThingGroup("more");
    for (const name of ["m1", "m2"]) {
      book.rules.createThing(name);
      book.rules.addThingToThingGroup("more", name);
    }
    book.rules.associateTargetsWithJob("j1", [groupArn("more")]);
    expect(queued()).toBe(1);
    expect(byMinute(3)).toEqual([2, 3, 3]);
  });
});
