/** Jobs, through AWS's own client. */
import {
  AssociateTargetsWithJobCommand,
  CancelJobCommand,
  CreateJobCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  DeleteJobCommand,
  DescribeJobCommand,
  DescribeThingGroupCommand,
  GetJobDocumentCommand,
  InvalidRequestException,
  InvalidStateTransitionException,
  LimitExceededException,
  ListJobsCommand,
  paginateListJobs,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  UpdateJobCommand,
  type CreateJobCommandInput,
} from "@aws-sdk/client-iot";
import { beforeEach, describe, expect, it } from "vitest";
import { aroundEachTest, startDate } from "./jobs-service/aws-clients";

const at = aroundEachTest();
const lamp = "arn:aws:iot:us-east-1:123456789012:thing/lamp-01";
const kitchen = "arn:aws:iot:us-east-1:123456789012:thinggroup/kitchen";
const document = '{"action":"blink"}';
const jobArn = "arn:aws:iot:us-east-1:123456789012:job/j1";

const create = (input: Partial<CreateJobCommandInput> = {}) =>
  at.iot.send(new CreateJobCommand({ jobId: "j1", targets: [lamp], document, ...input }));
const job = async (jobId = "j1") => (await at.iot.send(new DescribeJobCommand({ jobId }))).job;

beforeEach(async () => {
  await at.iot.send(new CreateThingCommand({ thingName: "lamp-01" }));
  await at.iot.send(new CreateThingGroupCommand({ thingGroupName: "kitchen" }));
});

describe("a job", () => {
  it("is described with all that it was given, and times as dates", async () => {
    const settings = {
      description: "a first try",
      presignedUrlConfig: { roleArn: "arn:aws:iam::123456789012:role/fw", expiresInSec: 600 },
      jobExecutionsRolloutConfig: {
        maximumPerMinute: 50,
        exponentialRate: { baseRatePerMinute: 5, incrementFactor: 1.5, rateIncreaseCriteria: { numberOfNotifiedThings: 10 } },
      },
      abortConfig: {
        criteriaList: [{ failureType: "FAILED", action: "CANCEL", thresholdPercentage: 12.5, minNumberOfExecutedThings: 4 }],
      },
      timeoutConfig: { inProgressTimeoutInMinutes: 30 },
      jobExecutionsRetryConfig: { criteriaList: [{ failureType: "TIMED_OUT", numberOfRetries: 2 }] },
    } as const satisfies Partial<CreateJobCommandInput>;
    expect(await create(settings as unknown as Partial<CreateJobCommandInput>)).toMatchObject({
      jobArn,
      jobId: "j1",
      description: "a first try",
    });
    at.time.advance(1500);
    expect(await job()).toEqual({
      ...settings,
      jobArn,
      jobId: "j1",
      targetSelection: "SNAPSHOT",
      status: "IN_PROGRESS",
      targets: [lamp],
      createdAt: startDate,
      lastUpdatedAt: startDate,
      isConcurrent: false,
      jobProcessDetails: {
        numberOfCanceledThings: 0,
        numberOfSucceededThings: 0,
        numberOfFailedThings: 0,
        numberOfRejectedThings: 0,
        numberOfQueuedThings: 1,
        numberOfInProgressThings: 0,
        numberOfRemovedThings: 0,
        numberOfTimedOutThings: 0,
      },
    });
    expect((await at.iot.send(new GetJobDocumentCommand({ jobId: "j1", beforeSubstitution: true }))).document).toBe(document);
  });

  it("reads its document from an object, once", async () => {
    const documentSource = at.service.putObject("jobs/blink.json", Buffer.from(document));
    await create({ document: undefined, documentSource });
    expect((await at.iot.send(new DescribeJobCommand({ jobId: "j1" }))).documentSource).toBe(documentSource);
    expect((await at.iot.send(new GetJobDocumentCommand({ jobId: "j1" }))).document).toBe(document);
  });

  it("tells when it is to start and when it will be rolled out", async () => {
    await create({ schedulingConfig: { startTime: "2023-11-15 12:00", endTime: "2023-11-16 12:00", endBehavior: "CANCEL" } });
    expect(await job()).toMatchObject({ status: "SCHEDULED", schedulingConfig: { startTime: "2023-11-15 12:00", endBehavior: "CANCEL" } });
    const window = { startTime: "cron(0 2 ? * * *)", durationInMinutes: 60 };
    await create({ jobId: "j2", targets: [kitchen], targetSelection: "CONTINUOUS", schedulingConfig: { maintenanceWindows: [window] } });
    const { schedulingConfig, scheduledJobRollouts } = (await job("j2")) ?? {};
    expect(schedulingConfig).toEqual({ maintenanceWindows: [window] });
    expect(scheduledJobRollouts).toHaveLength(7);
  });

  it("is changed while it runs, but its retries only to none", async () => {
    await create();
    at.time.advance(1500);
    await at.iot.send(new UpdateJobCommand({ jobId: "j1", description: "better", timeoutConfig: { inProgressTimeoutInMinutes: 5 } }));
    expect(await job()).toMatchObject({
      description: "better",
      timeoutConfig: { inProgressTimeoutInMinutes: 5 },
      lastUpdatedAt: new Date(startDate.getTime() + 1500),
    });
    const more = { jobExecutionsRetryConfig: { criteriaList: [{ failureType: "ALL" as const, numberOfRetries: 1 }] } };
    await expect(at.iot.send(new UpdateJobCommand({ jobId: "j1", ...more }))).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(at.iot.send(new UpdateJobCommand({ jobId: "ghost" }))).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it("is cancelled with a reason, once, and only then deleted without force", async () => {
    await create();
    await expect(at.iot.send(new DeleteJobCommand({ jobId: "j1" }))).rejects.toBeInstanceOf(InvalidStateTransitionException);
    const bad = at.iot.send(new CancelJobCommand({ jobId: "j1", reasonCode: "lower case" }));
    await expect(bad).rejects.toBeInstanceOf(InvalidRequestException);
    const cancelled = await at.iot.send(new CancelJobCommand({ jobId: "j1", reasonCode: "USER_1", comment: "not today", force: true }));
    expect(cancelled).toMatchObject({ jobArn, jobId: "j1" });
    expect(await job()).toMatchObject({ status: "CANCELED", reasonCode: "USER_1", comment: "not today", forceCanceled: true });
    const again = at.iot.send(new CancelJobCommand({ jobId: "j1" }));
    await expect(again).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(again).rejects.toThrow("in status CANCELED cannot be canceled");
    await at.iot.send(new DeleteJobCommand({ jobId: "j1" }));
    await expect(job()).rejects.toBeInstanceOf(ResourceNotFoundException);
    await create();
    await at.iot.send(new DeleteJobCommand({ jobId: "j1", force: true }));
    await expect(at.iot.send(new GetJobDocumentCommand({ jobId: "j1" }))).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it("takes further groups if it is CONTINUOUS, a hundred targets at most", async () => {
    await create({ targets: [kitchen], targetSelection: "CONTINUOUS" });
    await at.iot.send(new CreateThingGroupCommand({ thingGroupName: "hall" }));
    const hall = kitchen.replace("kitchen", "hall");
    expect(await at.iot.send(new AssociateTargetsWithJobCommand({ jobId: "j1", targets: [hall] }))).toMatchObject({ jobId: "j1", jobArn });
    expect((await job())?.targets).toEqual([kitchen, hall]);
    const add = (targets: string[], jobId = "j1") => at.iot.send(new AssociateTargetsWithJobCommand({ jobId, targets }));
    await expect(add([lamp])).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(add(Array.from({ length: 99 }, () => hall))).rejects.toBeInstanceOf(LimitExceededException);
    await create({ jobId: "j2" });
    await expect(add([kitchen], "j2")).rejects.toBeInstanceOf(InvalidRequestException);
  });

  it.each<[string, Partial<CreateJobCommandInput>, new (...args: never[]) => Error]>([
    ["an id in use", { jobId: "taken" }, ResourceAlreadyExistsException],
    ["an id with a dot", { jobId: "a.b" }, InvalidRequestException],
    ["no targets", { targets: [] }, InvalidRequestException],
    ["a target that is no ARN", { targets: ["lamp-01"] }, InvalidRequestException],
    ["a thing that is not there", { targets: [`${lamp}x`] }, ResourceNotFoundException],
    ["a group that is not there", { targets: [`${kitchen}x`] }, ResourceNotFoundException],
    ["a document that is no JSON", { document: "{" }, InvalidRequestException],
    ["too large a document", { document: JSON.stringify("x".repeat(32_767)) }, InvalidRequestException],
    ["a document and its source", { documentSource: "https://localhost/objects/x" }, InvalidRequestException],
    ["a source that cannot be read", { document: undefined, documentSource: "https://localhost/objects/x" }, InvalidRequestException],
    ["URLs that expire at once", { presignedUrlConfig: { expiresInSec: 59 } }, InvalidRequestException],
    ["a control character in its description", { description: "a\nb" }, InvalidRequestException],
    ["a template that is not there", { jobTemplateArn: jobArn.replace("job/", "jobtemplate/") }, ResourceNotFoundException],
  ])("with %s is refused", async (_what, input, refusal) => {
    await create({ jobId: "taken" });
    await expect(create(input)).rejects.toBeInstanceOf(refusal);
  });
});

describe("the list of jobs", () => {
  it("begins with the newest, comes page by page, and by status, selection or group", async () => {
    for (let n = 1; n <= 5; n++) await create({ jobId: `j${n}` });
    await create({ jobId: "c1", targets: [kitchen], targetSelection: "CONTINUOUS" });
    await at.iot.send(new CancelJobCommand({ jobId: "j2" }));
    const list = async (input: object): Promise<unknown> => (await at.iot.send(new ListJobsCommand(input))).jobs?.map(({ jobId }) => jobId);
    const pages: unknown[] = [];
    for await (const { jobs } of paginateListJobs({ client: at.iot, pageSize: 4 }, {})) pages.push(jobs?.map(({ jobId }) => jobId));
    expect(pages).toEqual([
      ["c1", "j5", "j4", "j3"],
      ["j2", "j1"],
    ]);
    expect(await list({ status: "CANCELED" })).toEqual(["j2"]);
    expect(await list({ targetSelection: "CONTINUOUS" })).toEqual(["c1"]);
    expect(await list({ thingGroupName: "kitchen" })).toEqual(["c1"]);
    const { thingGroupId } = await at.iot.send(new DescribeThingGroupCommand({ thingGroupName: "kitchen" }));
    expect(await list({ thingGroupId })).toEqual(["c1"]);
    expect(await list({ namespaceId: "ghost" })).toEqual([]);
    expect((await at.iot.send(new ListJobsCommand({ thingGroupId }))).jobs).toMatchObject([{ thingGroupId, createdAt: startDate }]);
    await expect(list({ status: "DONE" })).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(list({ maxResults: 251 })).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(list({ nextToken: "next" })).rejects.toBeInstanceOf(InvalidRequestException);
  });
});
