/** The service's clock, which can be moved on, and what runs by it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { startJobsService, type JobsService } from "../tools/jobs-service";
import { VirtualTime } from "../tools/time";
import { callerOf } from "./jobs-service/https-caller";
import { openRulebook, thing, type Rulebook } from "./jobs-service/rulebook";

const minute = 60_000;
const hour = 60 * minute;
let book: Rulebook;
beforeEach(() => void (book = openRulebook()));

describe("timers", () => {
  /** Seconds before the execution times out. */
  const left = (): unknown => (book.ask("j1/get")["execution"] as Record<string, unknown>)["approximateSecondsBeforeTimedOut"];

  // The worked example of the developer guide, "How timers work for job timeouts".
  it("of the job and of a step go together as in the guide: the job's one has the last word", () => {
    book.create("j1", { timeoutConfig: { inProgressTimeoutInMinutes: 20 } });
    const step = (stepTimeoutInMinutes: number) => book.ask("j1/update", { status: "IN_PROGRESS", stepTimeoutInMinutes });
    book.time.advance(hour); // None runs while it is QUEUED.
    expect(left()).toBeUndefined();
    book.ask("start-next"); // 12:00
    book.time.advance(5 * minute);
    step(7);
    expect(left()).toBe(7 * 60); // until 12:12
    book.time.advance(5 * minute);
    step(5);
    expect(left()).toBe(5 * 60); // until 12:15
    book.time.advance(3 * minute);
    step(9);
    expect(left()).toBe(7 * 60); // until 12:20, not 12:22
    book.time.advance(7 * minute - 1);
    expect(book.status("j1")).toBe("IN_PROGRESS");
    book.time.advance(1);
    expect(book.status("j1")).toBe("TIMED_OUT");
  });

  it("of an execution that runs are not changed by UpdateJob, those of later ones are", () => {
    book.rules.createThing("t1");
    const targets = [book.rules.thingArn(thing), book.rules.thingArn("t1")];
    book.create("j1", { targets, timeoutConfig: { inProgressTimeoutInMinutes: 20 } });
    book.ask("start-next");
    book.rules.updateJob("j1", { timeoutConfig: { inProgressTimeoutInMinutes: 5 } });
    book.rules.perform("t1", { operation: "start-next" }, {});
    book.time.advance(5 * minute);
    expect(book.status("j1")).toBe("IN_PROGRESS");
    expect(book.rules.describeExecution("t1", "j1").status).toBe("TIMED_OUT");
    book.time.advance(15 * minute);
    expect(book.status("j1")).toBe("TIMED_OUT");
  });
});

describe("retries", () => {
  it("come back behind what is queued, each under the next number, until they are used up", () => {
    book.create("j1", { jobExecutionsRetryConfig: { criteriaList: [{ failureType: "ALL", numberOfRetries: 2 }] } });
    book.time.advance(1000);
    book.create("j2");
    book.heard();
    book.time.advance(1000);
    book.ask("j1/update", { status: "FAILED", statusDetails: { why: "noise" } });
    expect(book.heard()).toEqual(["notify j2,j1", "notify-next j2"]);
    expect(book.ask("j1/get")["execution"]).toMatchObject({ executionNumber: 2, versionNumber: 1, status: "QUEUED" });
    expect(book.ask("j1/get")["execution"]).not.toHaveProperty("statusDetails");
    book.ask("j1/update", { status: "FAILED" });
    book.ask("j1/update", { status: "FAILED" });
    expect(book.rules.describeJob("j1")).toMatchObject({ status: "COMPLETED", jobProcessDetails: { numberOfFailedThings: 1 } });
    const attempts = book.rules.executionsForThing(thing, { jobId: "j1" }).executionSummaries;
    expect(attempts.map(({ jobExecutionSummary: { executionNumber, retryAttempt } }) => [executionNumber, retryAttempt])).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
    ]);
  });

  it("can be taken away by UpdateJob, not added", () => {
    const retries = (numberOfRetries: number) => ({
      jobExecutionsRetryConfig: { criteriaList: [{ failureType: "FAILED" as const, numberOfRetries }] },
    });
    book.create("j1", retries(3));
    expect(() => book.rules.updateJob("j1", retries(4))).toThrow("numberOfRetries can only be updated to 0");
    book.rules.updateJob("j1", retries(0));
    book.ask("j1/update", { status: "FAILED" });
    expect(book.rules.describeJob("j1").status).toBe("COMPLETED");
  });
});

describe("the clock", () => {
  it("can be moved on: what is due on the way happens in order, each at its moment", () => {
    for (const name of ["t1", "t2"]) book.rules.createThing(name);
    const targets = ["t1", "t2", thing].map((name) => book.rules.thingArn(name));
    book.create("j1", { targets, jobExecutionsRolloutConfig: { maximumPerMinute: 1 }, timeoutConfig: { inProgressTimeoutInMinutes: 30 } });
    book.rules.perform("t1", { operation: "start-next" }, {});
    book.rules.clock.advance(2 * hour);
    expect(book.time.now()).toBe(1_700_000_000_000);
    expect(book.rules.clock.now()).toBe(1_700_000_000_000 + 2 * hour);
    expect(book.rules.describeExecution("t2", "j1").queuedAt).toBe(1_700_000_060);
    expect(book.rules.describeExecution(thing, "j1").queuedAt).toBe(1_700_000_120);
    expect(book.rules.describeExecution("t1", "j1")).toMatchObject({ status: "TIMED_OUT", lastUpdatedAt: 1_700_001_800 });
    const stamps = book.said.map(({ payload }) => (JSON.parse(payload) as { timestamp: number }).timestamp);
    expect([...stamps].sort()).toEqual(stamps);
    expect(book.ask("get")["timestamp"]).toBe(1_700_007_200);
  });

  it("lets timers fire when they should after it was moved", () => {
    book.create("j1", { timeoutConfig: { inProgressTimeoutInMinutes: 30 } });
    book.ask("start-next");
    book.rules.clock.advance(20 * minute);
    book.time.advance(10 * minute - 1);
    expect(book.status("j1")).toBe("IN_PROGRESS");
    book.time.advance(1);
    expect(book.status("j1")).toBe("TIMED_OUT");
  });

  it.each([-1, 0.5, NaN, Infinity, 1e15])("is not moved by %s", (ms) => {
    expect(() => book.rules.clock.advance(ms)).toThrow(expect.objectContaining({ name: "InvalidRequestException" }));
    expect(book.rules.clock.now()).toBe(book.time.now());
  });
});

describe("the clock of a service", () => {
  async function withService(options: { data?: string }, work: (service: JobsService) => Promise<void>): Promise<void> {
    const service = await startJobsService({ time: new VirtualTime(), ports: { mqtt: false, mqtts: false }, ...options });
    try {
      await work(service);
    } finally {
      await service.stop();
    }
  }

  it("is asked and moved over HTTP, and signed URLs go by it", async () => {
    await withService({}, async (service) => {
      const caller = callerOf(service);
      const call = (method: string, path: string, body?: object) => caller.call(method, path, body && JSON.stringify(body));
      service.putObject("fw/app.bin", Buffer.from("image"));
      service.rules.createThing(thing);
      const document = '{"url":"${aws:iot:s3-presigned-url-v2:https://fw.s3.eu-west-1.amazonaws.com/app.bin}"}';
      const presignedUrlConfig = { expiresInSec: 60, roleArn: "arn:aws:iam::123456789012:role/read-fw" };
      service.rules.createJob({ jobId: "j1", targets: [service.rules.thingArn(thing)], document, presignedUrlConfig });
      const { reply } = service.rules.request(thing, "$next/get", Buffer.alloc(0));
      const { url } = (JSON.parse(reply.payload) as { execution: { jobDocument: { url: string } } }).execution.jobDocument;
      expect((await call("GET", url)).status).toBe(200);
      expect((await call("GET", "/_local/clock")).json).toEqual({ now: 1_700_000_000 });
      expect((await call("POST", "/_local/clock", { advanceMs: 61_500 })).json).toEqual({ now: 1_700_000_061 });
      expect((await call("GET", url)).status).toBe(403);
      expect((await call("POST", "/_local/clock", { advanceMs: "1h" })).status).toBe(400);
      expect((await call("POST", "/_local/clock", {})).status).toBe(400);
      service.advanceClock(500);
      expect((await call("GET", "/_local/clock")).json).toEqual({ now: 1_700_000_062 });
      caller.end();
    });
  });

  it("is where it was when the service starts again with its data", async () => {
    const data = await mkdtemp(join(tmpdir(), "jobs-service-clock-"));
    try {
      await withService({ data }, async (service) => {
        service.rules.createThing(thing);
        const targets = [service.rules.thingArn(thing)];
        service.rules.createJob({ jobId: "j1", targets, document: "{}", schedulingConfig: { startTime: "2023-11-15 00:00" } });
        service.advanceClock(hour);
      });
      await withService({ data }, async ({ rules, advanceClock }) => {
        expect(rules.clock.now()).toBe(1_700_000_000_000 + hour);
        expect(rules.describeJob("j1").status).toBe("SCHEDULED");
        advanceClock(hour);
        expect(rules.describeJob("j1").status).toBe("IN_PROGRESS");
      });
    } finally {
      await rm(data, { recursive: true });
    }
  });
});
