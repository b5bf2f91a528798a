/** Jobs that cancel themselves because too many things fail. */
import { beforeEach, describe, expect, it } from "vitest";
import type { JobInput } from "../tools/jobs-service/rules";
import { openRulebook, type Rulebook } from "./jobs-service/rulebook";

const minute = 60_000;
let book: Rulebook;
let size: number;
beforeEach(() => void (book = openRulebook()));

/** Registers so many things. */
function fleet(count: number): void {
  size = count;
  for (let n = 0; n < count; n++) book.rules.createThing(`t${n}`);
}

function create(more: Partial<JobInput> = {}): void {
  book.create("j1", { targets: Array.from({ length: size }, (_, n) => book.rules.thingArn(`t${n}`)), ...more });
}

function end(thingName: string, status: string): void {
  book.rules.perform(thingName, { operation: "update", jobId: "j1", namespace: "" }, { status });
}

const job = () => book.rules.describeJob("j1");
const counts = () => job().jobProcessDetails;

describe("an abort", () => {
  const aborts = (
    failureType: "FAILED" | "REJECTED" | "TIMED_OUT" | "ALL",
    thresholdPercentage: number,
    min: number,
  ): Partial<JobInput> => ({
    abortConfig: { criteriaList: [{ failureType, action: "CANCEL", thresholdPercentage, minNumberOfExecutedThings: min }] },
  });

  it("cancels what is queued, leaves what runs, and stops the rollout", () => {
    fleet(6);
    create({ ...aborts("FAILED", 50, 2), jobExecutionsRolloutConfig: { maximumPerMinute: 4 } });
    book.rules.perform("t3", { operation: "start-next" }, {});
    end("t0", "SUCCEEDED");
    expect(job().status).toBe("IN_PROGRESS");
    end("t1", "FAILED");
    expect(job()).toMatchObject({ status: "CANCELED", reasonCode: "ABORT_CRITERIA_MET", comment: "1 of 2 executed things ended FAILED" });
    expect(counts()).toMatchObject({ numberOfCanceledThings: 1, numberOfInProgressThings: 1, numberOfQueuedThings: 0 });
    end("t3", "SUCCEEDED");
    book.time.advance(2 * minute);
    expect(book.rules.executionsForJob("j1").executionSummaries).toHaveLength(4);
    expect(counts().numberOfSucceededThings).toBe(2);
  });

  it("compares two digits of the percentage", () => {
    fleet(3);
    create(aborts("FAILED", 33.34, 3));
    end("t0", "FAILED");
    end("t1", "SUCCEEDED");
    end("t2", "SUCCEEDED");
    expect(job().status).toBe("COMPLETED");
    book.rules.deleteJob("j1");
    create(aborts("FAILED", 33.33, 3));
    end("t0", "FAILED");
    end("t1", "SUCCEEDED");
    end("t2", "SUCCEEDED");
    expect(job().status).toBe("CANCELED");
  });

  it("counts each failure by its kind, all of them with ALL", () => {
    fleet(4);
    create(aborts("REJECTED", 50, 2));
    end("t0", "FAILED");
    end("t1", "FAILED");
    expect(job().status).toBe("IN_PROGRESS");
    end("t2", "REJECTED");
    expect(job().status).toBe("IN_PROGRESS");
    book.rules.deleteJob("j1", true);
    create(aborts("ALL", 100, 2));
    end("t0", "FAILED");
    end("t1", "REJECTED");
    expect(job().status).toBe("CANCELED");
  });

  it("counts a failure that is to be tried again, and drops the retries", () => {
    fleet(3);
    create({ ...aborts("FAILED", 60, 2), jobExecutionsRetryConfig: { criteriaList: [{ failureType: "ALL", numberOfRetries: 5 }] } });
    end("t0", "FAILED");
    expect(book.rules.describeExecution("t0", "j1").status).toBe("QUEUED");
    end("t1", "FAILED");
    expect(job().status).toBe("CANCELED");
    expect(counts()).toMatchObject({ numberOfCanceledThings: 2, numberOfFailedThings: 1, numberOfQueuedThings: 0 });
  });

  it("counts what was told of the job where that is chosen", () => {
    book = openRulebook({ abortCounts: "notified" });
    fleet(4);
    create(aborts("FAILED", 50, 4));
    end("t0", "FAILED");
    expect(job().status).toBe("IN_PROGRESS");
    end("t1", "FAILED");
    expect(job()).toMatchObject({ status: "CANCELED", comment: "2 of 4 executed things ended FAILED" });
  });

  it.each([
    ["three digits", { thresholdPercentage: 10.999 }, "at most 2 digits"],
    ["101 percent", { thresholdPercentage: 101 }, "thresholdPercentage"],
    ["another action", { action: "PAUSE" }, "action"],
    ["no action", { action: undefined }, "action"],
    ["no things", { minNumberOfExecutedThings: 0 }, "minNumberOfExecutedThings"],
    ["a failure that is none", { failureType: "CANCELED" }, "failureType"],
  ])("is refused with %s", (_what, changes, why) => {
    fleet(1);
    const criterion = { failureType: "FAILED", action: "CANCEL", thresholdPercentage: 10.99, minNumberOfExecutedThings: 1, ...changes };
    const abortConfig = { criteriaList: [criterion] } as unknown as NonNullable<JobInput["abortConfig"]>;
    expect(() => create({ abortConfig })).toThrow(expect.objectContaining({ message: expect.stringContaining(why) as string }));
  });
});
