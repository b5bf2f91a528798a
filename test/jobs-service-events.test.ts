/** Lifecycle events: which there are, what they say, and that nobody hears of what was not asked for. */
import { beforeEach, describe, expect, it } from "vitest";
import { aroundEachTest, device } from "./jobs-service/plain-service";
import { openRulebook, thing, type Rulebook } from "./jobs-service/rulebook";

let book: Rulebook;
const thingArn = `arn:aws:iot:us-east-1:123456789012:thing/${thing}`;

beforeEach(() => {
  book = openRulebook();
});

function enable(...types: string[]): void {
  book.rules.events.update({ eventConfigurations: Object.fromEntries(types.map((type) => [type, { Enabled: true }])) });
}

/** The events since the last look, oldest first. */
function events(): { topic: string; payload: Record<string, unknown> }[] {
  return book.said
    .splice(0)
    .filter(({ thingName }) => thingName === undefined)
    .map(({ topic, payload }) => ({ topic: topic.replace("$aws/events/", ""), payload: JSON.parse(payload) as Record<string, unknown> }));
}

const topics = (): string[] => events().map(({ topic }) => topic);

describe("event configurations", () => {
  it("are all off at first, change one by one, and say when", () => {
    expect(book.rules.events.describe()).toEqual({
      eventConfigurations: expect.objectContaining({
        JOB: { Enabled: false },
        JOB_EXECUTION: { Enabled: false },
        THING: { Enabled: false },
      }) as unknown,
    });
    enable("JOB", "JOB_EXECUTION");
    book.time.advance(5000);
    book.rules.events.update({ eventConfigurations: { JOB: { Enabled: false } } });
    expect(book.rules.events.describe()).toMatchObject({
      eventConfigurations: { JOB: { Enabled: false }, JOB_EXECUTION: { Enabled: true } },
      creationDate: 1_700_000_000,
      lastModifiedDate: 1_700_000_005,
    });
    expect(book.rules.events.isEnabled("JOB_EXECUTION")).toBe(true);
  });

  it.each([
    [{ eventConfigurations: { JOBS: { Enabled: true } } }, /Value 'JOBS' at 'eventConfigurations'/],
    [{ eventConfigurations: { JOB: { Enabled: "yes" } } }, /Value 'yes' at 'JOB.Enabled'/],
    [{ eventConfigurations: [] }, /must be a map/],
  ])("refuse %o, and change nothing then", (input, sentence) => {
    const both = {
      ...input,
      eventConfigurations: Array.isArray(input.eventConfigurations)
        ? []
        : { JOB_EXECUTION: { Enabled: true }, ...input.eventConfigurations },
    };
    expect(() => book.rules.events.update(both)).toThrow(sentence);
    expect(book.rules.events.isEnabled("JOB_EXECUTION")).toBe(false);
  });
});

describe("an event", () => {
  it("is not sent unless its kind is on", () => {
    book.create("j1");
    book.ask("j1/update", { status: "SUCCEEDED" });
    expect(events()).toEqual([]);
    enable("JOB");
    book.create("j2");
    book.ask("j2/update", { status: "SUCCEEDED" });
    expect(topics()).toEqual(["job/j2/completed"]);
  });

  it("tells of a completed job, seconds and milliseconds mixed", () => {
    enable("JOB", "JOB_EXECUTION");
    book.create("j1", { description: "a lamp" });
    book.time.advance(61_500);
    expect(events()).toEqual([]);
    book.ask("j1/update", { status: "SUCCEEDED", statusDetails: { k: "v" } });
    expect(events()).toEqual([
      {
        topic: "jobExecution/j1/succeeded",
        payload: {
          eventType: "JOB_EXECUTION",
          eventId: "00000000-0000-4000-8000-000000000001",
          timestamp: 1_700_000_061,
          operation: "succeeded",
          jobId: "j1",
          thingArn,
          status: "SUCCEEDED",
          statusDetails: { k: "v" },
        },
      },
      {
        topic: "job/j1/completed",
        payload: {
          eventType: "JOB",
          eventId: "00000000-0000-4000-8000-000000000002",
          timestamp: 1_700_000_061,
          operation: "completed",
          jobId: "j1",
          status: "COMPLETED",
          targetSelection: "SNAPSHOT",
          targets: [thingArn],
          description: "a lamp",
          completedAt: 1_700_000_061_500,
          createdAt: 1_700_000_000_000,
          lastUpdatedAt: 1_700_000_061_500,
          jobProcessDetails: {
            numberOfCanceledThings: 0,
            numberOfRejectedThings: 0,
            numberOfFailedThings: 0,
            numberOfRemovedThings: 0,
            numberOfSucceededThings: 1,
            numberOfTimedOutThings: 0,
          },
        },
      },
    ]);
  });

  it("tells that a cancellation begins and ends, with its comment and without what only a completed job has", () => {
    enable("JOB", "JOB_EXECUTION");
    book.create("j1");
    book.rules.cancelJob("j1", { comment: "no more" });
    const told = events();
    expect(told.map(({ topic }) => topic)).toEqual(["job/j1/cancellation_in_progress", "jobExecution/j1/canceled", "job/j1/canceled"]);
    expect(told.map(({ payload }) => payload["status"])).toEqual(["CANCELLATION_IN_PROGRESS", "CANCELED", "CANCELED"]);
    for (const { payload } of [told[0], told[2]].map((one) => ({ payload: one?.payload ?? {} }))) {
      expect(payload).toMatchObject({ comment: "no more", createdAt: 1_700_000_000_000 });
      expect(payload).not.toHaveProperty("completedAt");
      expect(payload).not.toHaveProperty("jobProcessDetails");
    }
  });

  it("tells that a deletion begins and ends; an execution that goes with it has the status it had", () => {
    enable("JOB", "JOB_EXECUTION");
    book.create("j1");
    book.ask("j1/update", { status: "FAILED" });
    expect(topics()).toEqual(["jobExecution/j1/failed", "job/j1/completed"]);
    book.rules.deleteJob("j1");
    const told = events();
    expect(told.map(({ topic, payload }) => `${topic} ${String(payload["status"])}`)).toEqual([
      "job/j1/deletion_in_progress DELETION_IN_PROGRESS",
      "jobExecution/j1/deleted FAILED",
      "job/j1/deleted DELETED",
    ]);
  });

  it("tells every way in which an execution ends", () => {
    enable("JOB_EXECUTION");
    book.create("failed");
    book.create("rejected");
    book.create("late", { timeoutConfig: { inProgressTimeoutInMinutes: 1 } });
    book.create("canceled");
    book.create("deleted");
    book.create("removed");
    book.ask("failed/update", { status: "FAILED" });
    book.ask("rejected/update", { status: "REJECTED" });
    book.ask("late/update", { status: "IN_PROGRESS" });
    book.time.advance(60_000);
    book.rules.cancelExecution(thing, "canceled");
    book.rules.deleteExecution(thing, "deleted");
    book.rules.deleteThing(thing);
    expect(topics()).toEqual([
      "jobExecution/failed/failed",
      "jobExecution/rejected/rejected",
      "jobExecution/late/timed_out",
      "jobExecution/canceled/canceled",
      "jobExecution/deleted/deleted",
      "jobExecution/removed/removed",
    ]);
  });

  it("is not made of a step on the way, nor of a refused update", () => {
    enable("JOB", "JOB_EXECUTION");
    book.create("j1");
    book.ask("$next/get");
    book.ask("start-next");
    book.ask("j1/update", { status: "IN_PROGRESS", statusDetails: { a: "b" } });
    book.ask("j1/update", { status: "REJECTED" });
    expect(events()).toEqual([]);
  });
});

describe("over MQTT", () => {
  const at = aroundEachTest();

  it("an event reaches whoever subscribed to it, once, in order, and devices that did not hear nothing", async () => {
    at.service.rules.events.update({ eventConfigurations: { JOB: { Enabled: true }, JOB_EXECUTION: { Enabled: true } } });
    const monitor = await device(at, "monitor");
    await monitor.client.subscribeAsync(["$aws/events/job/#", "$aws/events/job/+/completed", "$aws/events/jobExecution/+/succeeded"], {
      qos: 1,
    });
    const lamp = await device(at);
    await lamp.client.subscribeAsync("#");
    const { rules } = at.service;
    for (const jobId of ["a", "b"]) rules.createJob({ jobId, targets: [rules.thingArn(thing)], document: "{}" });
    for (const jobId of ["a", "b"]) {
      lamp.client.publish(`$aws/things/${thing}/jobs/${jobId}/update`, '{"status":"SUCCEEDED","clientToken":"t"}', { qos: 1 });
    }
    await monitor.until(({ topic }) => topic === "$aws/events/job/b/completed");
    rules.deleteJob("b");
    await monitor.until(({ topic }) => topic === "$aws/events/job/b/deleted");
    expect(monitor.got.map(({ topic, qos }) => `${topic.slice("$aws/events/".length)} ${qos}`)).toEqual([
      "jobExecution/a/succeeded 1",
      "job/a/completed 1",
      "jobExecution/b/succeeded 1",
      "job/b/completed 1",
      "job/b/deletion_in_progress 1",
      "job/b/deleted 1",
    ]);
    expect(lamp.got.filter(({ topic }) => topic.startsWith("$aws/events/"))).toEqual([]);
  });
});
