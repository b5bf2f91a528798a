/** Job executions as the control plane shows and ends them, through AWS's own client. */
import {
  CancelJobExecutionCommand,
  CreateJobCommand,
  CreateThingCommand,
  DeleteJobExecutionCommand,
  DescribeJobExecutionCommand,
  InvalidRequestException,
  InvalidStateTransitionException,
  ListJobExecutionsForJobCommand,
  ListJobExecutionsForThingCommand,
  paginateListJobExecutionsForJob,
  paginateListJobExecutionsForThing,
  ResourceNotFoundException,
  VersionConflictException,
} from "@aws-sdk/client-iot";
import { beforeEach, describe, expect, it } from "vitest";
import { aroundEachTest, startDate } from "./jobs-service/aws-clients";

const at = aroundEachTest();
const arnOf = (thingName: string): string => `arn:aws:iot:us-east-1:123456789012:thing/${thingName}`;
const things = ["lamp-1", "lamp-2", "lamp-3"];
const one = { jobId: "j1", thingName: "lamp-1" };

const execution = async (input: object = {}) => (await at.iot.send(new DescribeJobExecutionCommand({ ...one, ...input }))).execution;
const report = (body: object, { jobId, thingName } = one) =>
  at.service.rules.perform(thingName, { operation: "update", jobId, namespace: "" }, { ...body });

beforeEach(async () => {
  for (const thingName of things) await at.iot.send(new CreateThingCommand({ thingName }));
  await at.iot.send(new CreateJobCommand({ jobId: "j1", targets: things.map(arnOf), document: "{}" }));
});

describe("a job execution", () => {
  it("is described at every stage, ended ones too", async () => {
    expect(await execution()).toEqual({
      jobId: "j1",
      status: "QUEUED",
      statusDetails: { detailsMap: {} },
      thingArn: arnOf("lamp-1"),
      queuedAt: startDate,
      lastUpdatedAt: startDate,
      executionNumber: 1,
      versionNumber: 1,
    });
    at.time.advance(5000);
    report({ status: "IN_PROGRESS", statusDetails: { phase: "download" } });
    const started = new Date(startDate.getTime() + 5000);
    expect(await execution({ executionNumber: 1 })).toMatchObject({ status: "IN_PROGRESS", startedAt: started, versionNumber: 2 });
    report({ status: "SUCCEEDED" });
    expect(await execution()).toMatchObject({
      status: "SUCCEEDED",
      statusDetails: { detailsMap: { phase: "download" } },
      lastUpdatedAt: started,
    });
    await expect(execution({ executionNumber: 7 })).rejects.toBeInstanceOf(ResourceNotFoundException);
    await expect(execution({ thingName: "ghost" })).rejects.toBeInstanceOf(ResourceNotFoundException);
    await expect(execution({ jobId: "ghost" })).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it("is cancelled while it waits; once it runs, with force and the right version", async () => {
    await at.iot.send(new CancelJobExecutionCommand({ ...one, statusDetails: { why: "test" } }));
    expect(await execution()).toMatchObject({ status: "CANCELED", statusDetails: { detailsMap: { why: "test" } } });
    await expect(at.iot.send(new CancelJobExecutionCommand(one))).rejects.toBeInstanceOf(InvalidStateTransitionException);
    const two = { ...one, thingName: "lamp-2" };
    report({ status: "IN_PROGRESS" }, two);
    await expect(at.iot.send(new CancelJobExecutionCommand(two))).rejects.toBeInstanceOf(InvalidStateTransitionException);
    const early = at.iot.send(new CancelJobExecutionCommand({ ...two, force: true, expectedVersion: 1 }));
    await expect(early).rejects.toBeInstanceOf(VersionConflictException);
    const bad = at.iot.send(new CancelJobExecutionCommand({ ...two, force: true, statusDetails: { why: "" } }));
    await expect(bad).rejects.toBeInstanceOf(InvalidRequestException);
    await at.iot.send(new CancelJobExecutionCommand({ ...two, force: true, expectedVersion: 2 }));
    expect(await execution(two)).toMatchObject({ status: "CANCELED", forceCanceled: true, versionNumber: 3 });
  });

  it("is deleted once it does not run, or with force, and its number may come again", async () => {
    report({ status: "IN_PROGRESS" });
    await expect(at.iot.send(new DeleteJobExecutionCommand({ ...one, executionNumber: 1 }))).rejects.toBeInstanceOf(
      InvalidStateTransitionException,
    );
    await at.iot.send(new DeleteJobExecutionCommand({ ...one, executionNumber: 1, force: true }));
    await expect(execution()).rejects.toBeInstanceOf(ResourceNotFoundException);
    await expect(at.iot.send(new DeleteJobExecutionCommand({ ...one, executionNumber: 1 }))).rejects.toBeInstanceOf(
      ResourceNotFoundException,
    );
  });
});

describe("the lists of job executions", () => {
  it("come page by page, for a job and for a thing", async () => {
    report({ status: "SUCCEEDED" });
    const ofJob: unknown[] = [];
    for await (const page of paginateListJobExecutionsForJob({ client: at.iot, pageSize: 2 }, { jobId: "j1" })) {
      ofJob.push(page.executionSummaries?.map(({ thingArn, jobExecutionSummary }) => [thingArn, jobExecutionSummary?.status]));
    }
    expect(ofJob).toEqual([
      [
        [arnOf("lamp-1"), "SUCCEEDED"],
        [arnOf("lamp-2"), "QUEUED"],
      ],
      [[arnOf("lamp-3"), "QUEUED"]],
    ]);
    const queued = await at.iot.send(new ListJobExecutionsForJobCommand({ jobId: "j1", status: "QUEUED" }));
    expect(queued.executionSummaries).toHaveLength(2);
    await at.iot.send(new CreateJobCommand({ jobId: "j2", targets: [arnOf("lamp-1")], document: "{}" }));
    await at.iot.send(new CreateJobCommand({ jobId: "n1", targets: [arnOf("lamp-1")], document: "{}", namespaceId: "greengrass" }));
    const ofThing: unknown[] = [];
    for await (const page of paginateListJobExecutionsForThing({ client: at.iot, pageSize: 1 }, { thingName: "lamp-1" })) {
      ofThing.push(page.executionSummaries?.map(({ jobId }) => jobId));
    }
    expect(ofThing).toEqual([["j1"], ["j2"], ["n1"]]);
    const list = async (input: object) =>
      (await at.iot.send(new ListJobExecutionsForThingCommand({ thingName: "lamp-1", ...input }))).executionSummaries;
    expect(await list({ jobId: "j2" })).toEqual([
      {
        jobId: "j2",
        jobExecutionSummary: { status: "QUEUED", queuedAt: startDate, lastUpdatedAt: startDate, executionNumber: 1, retryAttempt: 0 },
      },
    ]);
    expect(await list({ namespaceId: "greengrass" })).toMatchObject([{ jobId: "n1" }]);
    await expect(list({ status: "DONE" })).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(list({ thingName: "ghost" })).rejects.toBeInstanceOf(ResourceNotFoundException);
    await expect(at.iot.send(new ListJobExecutionsForJobCommand({ jobId: "ghost" }))).rejects.toBeInstanceOf(ResourceNotFoundException);
  });
});
