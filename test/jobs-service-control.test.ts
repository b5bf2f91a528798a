/** The control plane's side of the rulebook. */
import { beforeEach, describe, expect, it } from "vitest";
import { VirtualTime } from "../tools/time";
import type { JobInput, Message, Rules } from "../tools/jobs-service/rules";
import { groupArn } from "../tools/jobs-service/rules/names";
import { timedRules } from "../tools/jobs-service/timed-rules";

const thing = "lamp-01";
let time: VirtualTime;
let rules: Rules;
let said: Message[];

beforeEach(() => {
  time = new VirtualTime(1_700_000_000_000);
  said = [];
  ({ rules } = timedRules(time, { deliver: (messages) => said.push(...messages) }));
  rules.createThing(thing);
});

function create(jobId: string, more: Partial<JobInput> = {}): void {
  rules.createJob({ jobId, targets: [rules.thingArn(thing)], document: "{}", ...more });
}

function update(jobId: string, status: string, thingName = thing): void {
  const { reply } = rules.request(thingName, `${jobId}/update`, Buffer.from(JSON.stringify({ status })));
  expect(reply.topic).toMatch(/accepted$/);
}

const execution = (jobId: string, executionNumber?: number) => rules.describeExecution(thing, jobId, executionNumber);
const topics = (): string[] => said.splice(0).map(({ topic }) => topic.slice(topic.lastIndexOf("/") + 1));

describe("creating a job", () => {
  it.each([
    ["an id with a dot", { jobId: "a.b" }, "jobId"],
    ["no targets", { targets: [] }, "targets"],
    ["a target that is no ARN", { targets: ["lamp-01"] }, "targets"],
    ["a document that is not JSON", { document: "{" }, "not valid JSON"],
    ["an empty document", { document: "" }, "document"],
    ["a document over 32768 bytes", { document: JSON.stringify("x".repeat(32_767)) }, "32769 bytes"],
    ["a timeout of 0 minutes", { timeoutConfig: { inProgressTimeoutInMinutes: 0 } }, "inProgressTimeoutInMinutes"],
    ["eleven retries", { jobExecutionsRetryConfig: { criteriaList: [{ failureType: "ALL", numberOfRetries: 11 }] } }, "numberOfRetries"],
    ["a URL that lives for a second", { presignedUrlConfig: { expiresInSec: 1 } }, "expiresInSec"],
    ["a description with a line break", { description: "a\nb" }, "description"],
    ["a schedule that begins in the past", { schedulingConfig: { startTime: "2020-01-01 10:00" } }, "startTime"],
  ] as [string, Partial<JobInput>, string][])("is refused with %s", (_what, wrong, why) => {
    expect(() => create("j1", wrong)).toThrow(
      expect.objectContaining({ name: "InvalidRequestException", message: expect.stringContaining(why) as string }),
    );
    expect(rules.listJobs().jobs).toEqual([]);
    expect(said).toEqual([]);
  });

  it("is refused for a thing that does not exist, and for an id in use", () => {
    expect(() => create("j1", { targets: [rules.thingArn("stranger")] })).toThrow(
      expect.objectContaining({ name: "ResourceNotFoundException" }),
    );
    create("j1");
    expect(() => create("j1")).toThrow(expect.objectContaining({ name: "ResourceAlreadyExistsException", status: 409 }));
  });

  it("takes a document of exactly 32768 bytes, and one that is an array: that is for the device to judge", () => {
    create("j1", { document: JSON.stringify("x".repeat(32_766)) });
    create("j2", { document: "[1]" });
    expect(execution("j2").status).toBe("QUEUED");
  });
});

describe("a job", () => {
  it("is COMPLETED when every thing has ended, however", () => {
    rules.createThing("lamp-02");
    create("j1", { targets: [rules.thingArn(thing), rules.thingArn("lamp-02")] });
    update("j1", "FAILED");
    expect(rules.describeJob("j1")).toMatchObject({
      status: "IN_PROGRESS",
      jobProcessDetails: { numberOfFailedThings: 1, numberOfQueuedThings: 1 },
    });
    time.advance(1500);
    update("j1", "SUCCEEDED", "lamp-02");
    expect(rules.describeJob("j1")).toMatchObject({ status: "COMPLETED", createdAt: 1_700_000_000, completedAt: 1_700_000_001.5 });
    expect(() => rules.cancelJob("j1")).toThrow("Job j1 in status COMPLETED cannot be canceled.");
  });

  it("goes on where it runs when it is cancelled without force, and stops there with force", () => {
    create("j1");
    update("j1", "IN_PROGRESS");
    topics();
    rules.cancelJob("j1", { comment: "wrong lamp", reasonCode: "OOPS" });
    expect(rules.describeJob("j1")).toMatchObject({ status: "CANCELED", comment: "wrong lamp", reasonCode: "OOPS" });
    expect(topics()).toEqual([]);
    update("j1", "SUCCEEDED");
    expect(rules.describeJob("j1").status).toBe("CANCELED");

    create("j2");
    update("j2", "IN_PROGRESS");
    topics();
    rules.cancelJob("j2", { force: true });
    expect(topics()).toEqual(["notify", "notify-next"]);
    expect(execution("j2")).toMatchObject({ status: "CANCELED", forceCanceled: true, versionNumber: 3 });
  });

  it("is deleted when it has ended, or with force, and its id is free again", () => {
    create("j1");
    expect(() => rules.deleteJob("j1")).toThrow(expect.objectContaining({ name: "InvalidStateTransitionException" }));
    topics();
    rules.deleteJob("j1", true);
    expect(topics()).toEqual(["notify", "notify-next"]);
    expect(() => rules.describeJob("j1")).toThrow(expect.objectContaining({ name: "ResourceNotFoundException" }));
    expect(rules.executionsForThing(thing).executionSummaries).toEqual([]);
    create("j1");
    expect(execution("j1").executionNumber).toBe(1);
  });

  it("is cancelled by itself when too many things fail", () => {
    for (let n = 2; n <= 4; n++) rules.createThing(`lamp-0${n}`);
    const targets = [1, 2, 3, 4].map((n) => rules.thingArn(`lamp-0${n}`));
    const criterion = { failureType: "FAILED" as const, action: "CANCEL" as const, thresholdPercentage: 50, minNumberOfExecutedThings: 2 };
    create("j1", { targets, abortConfig: { criteriaList: [criterion] } });
    update("j1", "FAILED");
    expect(rules.describeJob("j1").status).toBe("IN_PROGRESS");
    update("j1", "SUCCEEDED", "lamp-02");
    expect(rules.describeJob("j1")).toMatchObject({ status: "CANCELED", jobProcessDetails: { numberOfCanceledThings: 2 } });
  });
});

describe("retries", () => {
  const retried = (failureType: "FAILED" | "TIMED_OUT" | "ALL", numberOfRetries: number): Partial<JobInput> => ({
    jobExecutionsRetryConfig: { criteriaList: [{ failureType, numberOfRetries }] },
  });

  it("are new executions from version 1, until they are used up", () => {
    create("j1", retried("FAILED", 2));
    for (let attempt = 1; attempt <= 3; attempt++) {
      expect(execution("j1")).toMatchObject({ executionNumber: attempt, status: "QUEUED", versionNumber: 1 });
      expect(rules.describeJob("j1").status).toBe("IN_PROGRESS");
      update("j1", "FAILED");
    }
    expect(execution("j1")).toMatchObject({ executionNumber: 3, status: "FAILED" });
    expect(rules.describeJob("j1")).toMatchObject({ status: "COMPLETED", jobProcessDetails: { numberOfFailedThings: 1 } });
    expect(rules.executionsForJob("j1").executionSummaries.map(({ jobExecutionSummary }) => jobExecutionSummary.retryAttempt)).toEqual([
      0, 1, 2,
    ]);
  });

  it("are not for what the criteria do not name, nor for REJECTED", () => {
    create("j1", retried("TIMED_OUT", 2));
    update("j1", "FAILED");
    expect(execution("j1")).toMatchObject({ executionNumber: 1, status: "FAILED" });
    create("j2", retried("ALL", 2));
    update("j2", "REJECTED");
    expect(execution("j2").executionNumber).toBe(1);
  });

  it("follow a timeout, and end when UpdateJob sets them to 0", () => {
    create("j1", { ...retried("ALL", 5), timeoutConfig: { inProgressTimeoutInMinutes: 1 } });
    update("j1", "IN_PROGRESS");
    time.advance(60_000);
    expect(execution("j1", 1).status).toBe("TIMED_OUT");
    expect(execution("j1")).toMatchObject({ executionNumber: 2, queuedAt: 1_700_000_060 });
    expect(() => rules.updateJob("j1", retried("ALL", 1))).toThrow("only be updated to 0");
    rules.updateJob("j1", retried("ALL", 0));
    update("j1", "FAILED");
    expect(execution("j1")).toMatchObject({ executionNumber: 2, status: "FAILED" });
  });
});

describe("single executions", () => {
  it("are cancelled while queued, or with force, at the expected version only", () => {
    create("j1");
    expect(() => rules.cancelExecution(thing, "j1", { expectedVersion: 5 })).toThrow(
      expect.objectContaining({ name: "VersionConflictException" }),
    );
    rules.cancelExecution(thing, "j1", { expectedVersion: 1, statusDetails: { why: "test" } });
    expect(execution("j1")).toMatchObject({ status: "CANCELED", statusDetails: { detailsMap: { why: "test" } }, versionNumber: 2 });
    expect(() => rules.cancelExecution(thing, "j1", { force: true })).toThrow(
      expect.objectContaining({ name: "InvalidStateTransitionException" }),
    );
    create("j2");
    update("j2", "IN_PROGRESS");
    expect(() => rules.cancelExecution(thing, "j2")).toThrow(expect.objectContaining({ name: "InvalidStateTransitionException" }));
    rules.cancelExecution(thing, "j2", { force: true });
    expect(execution("j2").forceCanceled).toBe(true);
  });

  it("are deleted when they do not run, or with force; the job is then complete", () => {
    create("j1");
    update("j1", "IN_PROGRESS");
    expect(() => rules.deleteExecution(thing, "j1", 1)).toThrow(expect.objectContaining({ name: "InvalidStateTransitionException" }));
    rules.deleteExecution(thing, "j1", 1, true);
    expect(() => execution("j1")).toThrow(expect.objectContaining({ name: "ResourceNotFoundException" }));
    expect(rules.describeJob("j1").status).toBe("COMPLETED");
  });

  it("of a deleted thing are REMOVED and stay on record", () => {
    create("j1");
    topics();
    rules.deleteThing(thing);
    expect(topics()).toEqual(["notify", "notify-next"]);
    expect(rules.describeJob("j1")).toMatchObject({ status: "COMPLETED", jobProcessDetails: { numberOfRemovedThings: 1 } });
    expect(JSON.parse(rules.request(thing, "get", Buffer.alloc(0)).reply.payload)).toMatchObject({ code: "ResourceNotFound" });
  });
});

describe("a continuous job", () => {
  const continuous = { targets: [groupArn("kitchen")], targetSelection: "CONTINUOUS" as const };

  beforeEach(() => {
    rules.createThingGroup("kitchen");
    rules.createThingGroup("house");
  });

  it("follows the members of its groups, and begins anew for a thing that comes back", () => {
    create("j1", continuous);
    expect(said).toEqual([]);
    rules.addThingToThingGroup("kitchen", thing);
    expect(topics()).toEqual(["notify", "notify-next"]);
    rules.removeThingFromThingGroup("kitchen", thing);
    expect(topics()).toEqual(["notify", "notify-next"]);
    expect(execution("j1").status).toBe("REMOVED");
    rules.addThingToThingGroup("kitchen", thing);
    expect(execution("j1")).toMatchObject({ status: "QUEUED", executionNumber: 2 });
    update("j1", "SUCCEEDED");
    rules.removeThingFromThingGroup("kitchen", thing);
    rules.addThingToThingGroup("kitchen", thing);
    expect(execution("j1")).toMatchObject({ status: "SUCCEEDED", executionNumber: 2 });
    expect(rules.describeJob("j1").status).toBe("IN_PROGRESS");
  });

  it("stays with a thing that is still in another of its groups", () => {
    create("j1", continuous);
    rules.addThingToThingGroup("kitchen", thing);
    rules.addThingToThingGroup("house", thing);
    rules.associateTargetsWithJob("j1", [groupArn("house")]);
    rules.removeThingFromThingGroup("kitchen", thing);
    expect(execution("j1").status).toBe("QUEUED");
    rules.deleteThingGroup("house");
    expect(execution("j1").status).toBe("REMOVED");
  });

  it("is the only kind that takes more targets, and only groups", () => {
    create("snapshot");
    expect(() => rules.associateTargetsWithJob("snapshot", [groupArn("house")])).toThrow("not a CONTINUOUS job");
    create("j1", continuous);
    expect(() => rules.associateTargetsWithJob("j1", [rules.thingArn(thing)])).toThrow("not a thing group");
  });

  it("differs from a snapshot, which keeps the members of the moment", () => {
    rules.createThing("lamp-02");
    rules.addThingToThingGroup("kitchen", thing);
    create("j1", { targets: [groupArn("kitchen"), rules.thingArn(thing)] });
    rules.addThingToThingGroup("kitchen", "lamp-02");
    rules.removeThingFromThingGroup("kitchen", thing);
    expect(rules.executionsForJob("j1").executionSummaries).toMatchObject([
      { jobExecutionSummary: { status: "QUEUED", executionNumber: 1 } },
    ]);
  });
});

describe("lists", () => {
  it("come newest first, in pages, by status", () => {
    for (const jobId of ["a", "b", "c"]) create(jobId);
    rules.cancelJob("b");
    const { jobs, nextToken } = rules.listJobs({ maxResults: 2 });
    expect(jobs.map(({ jobId }) => jobId)).toEqual(["c", "b"]);
    expect(rules.listJobs({ maxResults: 2, ...(nextToken !== undefined && { nextToken }) })).toMatchObject({ jobs: [{ jobId: "a" }] });
    expect(rules.listJobs({ status: "CANCELED" }).jobs.map(({ jobId }) => jobId)).toEqual(["b"]);
    expect(rules.executionsForThing(thing, { status: "QUEUED" }).executionSummaries.map(({ jobId }) => jobId)).toEqual(["a", "c"]);
    expect(() => rules.listJobs({ maxResults: 251 })).toThrow("maxResults");
  });
});
