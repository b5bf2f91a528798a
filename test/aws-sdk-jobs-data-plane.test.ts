/** The data plane of Jobs over HTTPS, through AWS's own client. */
import {
  DescribeJobExecutionCommand,
  GetPendingJobExecutionsCommand,
  InvalidRequestException,
  InvalidStateTransitionException,
  ResourceNotFoundException,
  ServiceUnavailableException,
  StartNextPendingJobExecutionCommand,
  TerminalStateException,
  ThrottlingException,
  UpdateJobExecutionCommand,
  type UpdateJobExecutionCommandInput,
} from "@aws-sdk/client-iot-jobs-data-plane";
import { beforeEach, describe, expect, it } from "vitest";
import { aroundEachTest } from "./jobs-service/aws-clients";
import { callerOf } from "./jobs-service/https-caller";

const at = aroundEachTest();
const thingName = "hall:lamp_1";
const now = 1_700_000_000;
const document = '{"action":"blink"}';

const create = (jobId: string) => at.service.rules.createJob({ jobId, targets: [at.service.rules.thingArn(thingName)], document });
const update = (input: Partial<UpdateJobExecutionCommandInput>) =>
  at.data.send(new UpdateJobExecutionCommand({ thingName, jobId: "j1", status: "IN_PROGRESS", ...input }));
const describeIt = async (input: object = {}) =>
  (await at.data.send(new DescribeJobExecutionCommand({ thingName, jobId: "j1", ...input }))).execution;

beforeEach(() => {
  at.service.rules.createThing(thingName);
  create("j1");
});

describe("a device over HTTPS", () => {
  it("lists what is pending, with times as seconds", async () => {
    create("j2");
    await update({ jobId: "j2" });
    const { $metadata, ...pending } = await at.data.send(new GetPendingJobExecutionsCommand({ thingName }));
    expect($metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(pending).toEqual({
      inProgressJobs: [{ jobId: "j2", queuedAt: now, startedAt: now, lastUpdatedAt: now, versionNumber: 2, executionNumber: 1 }],
      queuedJobs: [{ jobId: "j1", queuedAt: now, lastUpdatedAt: now, versionNumber: 1, executionNumber: 1 }],
    });
  });

  it("starts the next one, and gets nothing when there is none", async () => {
    const started = await at.data.send(
      new StartNextPendingJobExecutionCommand({ thingName, statusDetails: { phase: "start" }, stepTimeoutInMinutes: 7 }),
    );
    expect(started.execution).toEqual({
      jobId: "j1",
      thingName,
      status: "IN_PROGRESS",
      statusDetails: { phase: "start" },
      queuedAt: now,
      startedAt: now,
      lastUpdatedAt: now,
      approximateSecondsBeforeTimedOut: 420,
      versionNumber: 2,
      executionNumber: 1,
      jobDocument: document,
    });
    await update({ status: "SUCCEEDED" });
    expect((await at.data.send(new StartNextPendingJobExecutionCommand({ thingName }))).execution).toBeUndefined();
    expect(await describeIt({ jobId: "$next" })).toBeUndefined();
  });

  it("describes one by its id or as the next, with its document as text or without", async () => {
    expect(await describeIt({ jobId: "$next" })).toMatchObject({ jobId: "j1", thingName, jobDocument: document });
    expect(await describeIt({ includeJobDocument: false, executionNumber: 1 })).not.toHaveProperty("jobDocument");
    await expect(describeIt({ executionNumber: 7 })).rejects.toBeInstanceOf(ResourceNotFoundException);
    await expect(describeIt({ jobId: "ghost" })).rejects.toBeInstanceOf(ResourceNotFoundException);
    await expect(describeIt({ thingName: "ghost" })).rejects.toBeInstanceOf(ResourceNotFoundException);
    await update({ status: "FAILED" });
    const ended = describeIt();
    await expect(ended).rejects.toBeInstanceOf(TerminalStateException);
    await expect(ended).rejects.toMatchObject({ $metadata: { httpStatusCode: 410 } });
  });

  it("reports, and sees state and document if it asks", async () => {
    const { $metadata, ...quiet } = await update({ statusDetails: { phase: "download" } });
    expect([$metadata.httpStatusCode, quiet]).toEqual([200, {}]);
    expect(await update({ includeJobExecutionState: true, includeJobDocument: true, expectedVersion: 2 })).toMatchObject({
      executionState: { status: "IN_PROGRESS", statusDetails: { phase: "download" }, versionNumber: 3 },
      jobDocument: document,
    });
  });

  it("is told the state that stands in the way of a report", async () => {
    await update({});
    const late = update({ status: "REJECTED" });
    await expect(late).rejects.toBeInstanceOf(InvalidStateTransitionException);
    await expect(late).rejects.toMatchObject({ $metadata: { httpStatusCode: 409 } });
    const version = update({ expectedVersion: 9 });
    await expect(version).rejects.toBeInstanceOf(InvalidStateTransitionException);
    await expect(version).rejects.toThrow("Expected version 9 but found version 2");
    await update({ status: "SUCCEEDED" });
    await expect(update({})).rejects.toBeInstanceOf(InvalidStateTransitionException);
  });

  it.each<[string, Partial<UpdateJobExecutionCommandInput>]>([
    ["no status", { status: undefined }],
    ["a status of the service's own", { status: "CANCELED" }],
    ["a line break in its details", { statusDetails: { log: "a\nb" } }],
    ["too long a step", { stepTimeoutInMinutes: 10_081 }],
  ])("is refused a report with %s", async (_what, input) => {
    await expect(update(input)).rejects.toBeInstanceOf(InvalidRequestException);
    expect(await describeIt()).toMatchObject({ status: "QUEUED", versionNumber: 1 });
  });

  it("is refused with another secret", async () => {
    const { data } = at.others({ secret: "guessed" });
    const refused = data.send(new GetPendingJobExecutionsCommand({ thingName }));
    await expect(refused).rejects.toMatchObject({ name: "InvalidSignatureException", $metadata: { httpStatusCode: 403 } });
  });

  it("is slowed down and turned away as AWS does it", async () => {
    at.service.rules.faults.add({ fault: "throttle" });
    const throttled = at.data.send(new GetPendingJobExecutionsCommand({ thingName }));
    await expect(throttled).rejects.toBeInstanceOf(ThrottlingException);
    await expect(throttled).rejects.toMatchObject({ $metadata: { httpStatusCode: 429 } });
    at.service.rules.faults.clear();
    at.service.rules.faults.add({ fault: "internal-error" });
    await expect(update({})).rejects.toBeInstanceOf(ServiceUnavailableException);
  });
});

describe("a device with its certificate", () => {
  const sensor = "sensor-01";

  it("needs no signature, and speaks for itself only", async () => {
    const { certificate, privateKey } = await at.service.provision(sensor);
    const { identities } = at.service.rules;
    const statement = { Effect: "Allow", Action: "iotjobsdata:*", Resource: `arn:aws:iot:us-east-1:123456789012:thing/${sensor}` };
    identities.createPolicy("jobs-over-https", JSON.stringify({ Version: "2012-10-17", Statement: [statement] }));
    for (const { principal } of identities.listThingPrincipals(sensor)) identities.attachPolicy("jobs-over-https", principal);
    const caller = callerOf(at.service, { cert: certificate, key: privateKey });
    at.service.rules.createJob({ jobId: "s1", targets: [at.service.rules.thingArn(sensor)], document });
    expect((await caller.call("GET", `/things/${sensor}/jobs/$next`)).json).toMatchObject({
      execution: { jobId: "s1", thingName: sensor, jobDocument: document },
    });
    const report = await caller.call("POST", `/things/${sensor}/jobs/s1`, '{"status":"SUCCEEDED"}');
    expect([report.status, report.json]).toEqual([200, {}]);
    const other = await caller.call("GET", "/things/hall%3Alamp_1/jobs");
    expect([other.status, other.headers["x-amzn-errortype"]]).toEqual([403, "ForbiddenException"]);
    expect((await caller.call("DELETE", `/things/${sensor}`)).headers["x-amzn-errortype"]).toBe("MissingAuthenticationTokenException");
    caller.end();
  });
});
