/** The HTTPS face: AWS's paths and JSON, and errors as its SDKs read them. */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { request as plainRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startJobsService, type JobsService } from "../tools/jobs-service";
import { VirtualTime } from "../tools/time";
import { callerOf, type Caller } from "./jobs-service/https-caller";

const thing = "lamp-01";
let service: JobsService;
let caller: Caller;
const call: Caller["call"] = (...request) => caller.call(...request);

beforeEach(async () => {
  service = await startJobsService({ time: new VirtualTime(), ports: { mqtt: false, mqtts: false } });
  caller = callerOf(service);
});

afterEach(async () => {
  caller.end();
  await service.stop();
});

const target = `arn:aws:iot:eu-west-1:000000000001:thing/${thing}`;
const job = JSON.stringify({ targets: [target], document: '{"action":"blink"}' });
const forDevices = { authorization: "AWS4-HMAC-SHA256 Credential=A/20231114/us-east-1/iot-jobs-data/aws4_request, Signature=0" };

describe("the control plane", () => {
  beforeEach(() => call("POST", `/things/${thing}`));

  it("creates a job and tells all about it, with times as numbers", async () => {
    expect((await call("PUT", "/jobs/j1", job)).json).toEqual({ jobArn: "arn:aws:iot:us-east-1:123456789012:job/j1", jobId: "j1" });
    expect((await call("GET", "/jobs/j1")).json).toMatchObject({
      job: { jobId: "j1", status: "IN_PROGRESS", targetSelection: "SNAPSHOT", createdAt: 1_700_000_000, targets: [target] },
    });
    expect((await call("GET", "/jobs/j1/job-document")).json).toEqual({ document: '{"action":"blink"}' });
    expect((await call("GET", "/jobs?status=IN_PROGRESS&maxResults=1")).json).toMatchObject({ jobs: [{ jobId: "j1" }] });
    expect((await call("GET", "/jobs/j1/things")).json).toMatchObject({
      executionSummaries: [{ jobExecutionSummary: { status: "QUEUED", queuedAt: 1_700_000_000, executionNumber: 1, retryAttempt: 0 } }],
    });
    expect((await call("GET", `/things/${thing}/jobs`)).json).toMatchObject({ executionSummaries: [{ jobId: "j1" }] });
    expect((await call("GET", `/things/${thing}/jobs/j1?executionNumber=1`)).json).toMatchObject({
      execution: { jobId: "j1", status: "QUEUED", statusDetails: { detailsMap: {} }, versionNumber: 1 },
    });
  });

  it("changes, cancels and deletes jobs and executions", async () => {
    await call("PUT", "/jobs/j1", job);
    expect((await call("PATCH", "/jobs/j1", '{"description":"better"}')).json).toEqual({});
    expect((await call("PUT", "/jobs/j1/cancel?force=true", '{"comment":"no"}')).json).toMatchObject({
      jobId: "j1",
      description: "better",
    });
    expect((await call("GET", "/jobs/j1")).json).toMatchObject({ job: { status: "CANCELED", forceCanceled: true, comment: "no" } });
    await call("PUT", "/jobs/j2", job);
    expect((await call("PUT", `/things/${thing}/jobs/j2/cancel`, '{"statusDetails":{"why":"test"}}')).status).toBe(200);
    expect(service.rules.describeExecution(thing, "j2")).toMatchObject({
      status: "CANCELED",
      statusDetails: { detailsMap: { why: "test" } },
    });
    expect((await call("DELETE", `/things/${thing}/jobs/j2/executionNumber/1`)).status).toBe(200);
    expect((await call("DELETE", "/jobs/j1")).status).toBe(200);
    expect((await call("GET", "/jobs/j1")).status).toBe(404);
  });

  it("keeps things and groups", async () => {
    expect((await call("POST", "/things/my%3AThing", '{"attributePayload":{"attributes":{"room":"kitchen"}}}')).json).toMatchObject({
      thingName: "my:Thing",
      thingArn: "arn:aws:iot:us-east-1:123456789012:thing/my:Thing",
    });
    expect((await call("GET", "/things/my%3AThing")).json).toMatchObject({ attributes: { room: "kitchen" } });
    expect((await call("GET", "/things")).json).toMatchObject({ things: [{ thingName: thing }, { thingName: "my:Thing" }] });
    await call("POST", "/thing-groups/kitchen", "{}");
    const continuous = { targets: ["arn:aws:iot:us-east-1:1:thinggroup/kitchen"], targetSelection: "CONTINUOUS", document: "{}" };
    await call("PUT", "/jobs/j1", JSON.stringify(continuous));
    await call("PUT", "/thing-groups/addThingToThingGroup", JSON.stringify({ thingGroupName: "kitchen", thingArn: target }));
    expect(service.rules.describeExecution(thing, "j1").status).toBe("QUEUED");
    await call("PUT", "/thing-groups/removeThingFromThingGroup", JSON.stringify({ thingGroupName: "kitchen", thingName: thing }));
    expect(service.rules.describeExecution(thing, "j1").status).toBe("REMOVED");
    expect((await call("DELETE", "/things/my%3AThing")).status).toBe(200);
    expect((await call("GET", "/things/my%3AThing")).status).toBe(404);
  });

  it.each([
    ["GET", "/jobs/ghost", undefined, 404, "ResourceNotFoundException"],
    ["PUT", "/jobs/a.b", job, 400, "InvalidRequestException"],
    ["PUT", "/jobs/j1", "{", 400, "InvalidRequestException"],
    ["PUT", "/jobs/j1", "[]", 400, "InvalidRequestException"],
    ["PUT", "/jobs/j1", "", 400, "InvalidRequestException"],
    ["PUT", "/jobs/j1", '{"targets":"all","document":7}', 400, "InvalidRequestException"],
    ["PUT", "/jobs/taken", job, 409, "ResourceAlreadyExistsException"],
    ["DELETE", "/jobs/taken", undefined, 409, "InvalidStateTransitionException"],
    ["GET", `/things/${thing}/jobs/taken?executionNumber=x`, undefined, 400, "InvalidRequestException"],
    ["PUT", `/things/${thing}/jobs/taken/cancel`, '{"expectedVersion":7}', 409, "VersionConflictException"],
    ["PUT", `/things/${thing}/jobs/taken/cancel`, '{"statusDetails":"x"}', 400, "InvalidRequestException"],
    ["POST", "/things/a%2Fb", undefined, 400, "InvalidRequestException"],
    ["GET", "/nothing", undefined, 404, "UnknownOperationException"],
  ] as const)("answers %s %s with %j by an error that SDKs know", async (method, path, body, status, name) => {
    await call("PUT", "/jobs/taken", job);
    const answer = await call(method, path, body);
    expect(answer).toMatchObject({ status, json: { message: expect.any(String) as string } });
    expect(answer.headers["x-amzn-errortype"]).toBe(name);
  });

  it("reads no more than a job can need, and goes on", async () => {
    const huge = JSON.stringify({ targets: [target], document: "x".repeat(300_000) });
    expect((await call("PUT", "/jobs/j1", huge)).status).toBe(413);
    const oversize = JSON.stringify({ targets: [target], document: JSON.stringify("x".repeat(32_767)) });
    expect((await call("PUT", "/jobs/j1", oversize)).json["message"]).toContain("at most 32768");
    expect((await call("PUT", "/jobs/j1", job)).status).toBe(200);
  });
});

describe("the data plane", () => {
  beforeEach(async () => {
    await call("POST", `/things/${thing}`);
    await call("PUT", "/jobs/j1", job);
  });

  it("is told from the control plane by the signature, and carries documents as text", async () => {
    expect((await call("GET", `/things/${thing}/jobs`, undefined, forDevices)).json).toMatchObject({
      inProgressJobs: [],
      queuedJobs: [{ jobId: "j1" }],
    });
    expect((await call("GET", `/things/${thing}/jobs/%24next`, undefined, forDevices)).json).toMatchObject({
      execution: { jobId: "j1", thingName: thing, jobDocument: '{"action":"blink"}' },
    });
    expect((await call("PUT", `/things/${thing}/jobs/$next`, "{}", forDevices)).json).toMatchObject({
      execution: { status: "IN_PROGRESS" },
    });
    const report = '{"status":"SUCCEEDED","includeJobDocument":true,"includeJobExecutionState":true}';
    expect((await call("POST", `/things/${thing}/jobs/j1`, report, forDevices)).json).toEqual({
      executionState: { status: "SUCCEEDED", versionNumber: 3 },
      jobDocument: '{"action":"blink"}',
    });
    expect((await call("GET", `/things/${thing}/jobs/%24next`, undefined, forDevices)).json).toEqual({});
  });

  it("has the twins of the MQTT errors", async () => {
    const wrongVersion = await call("POST", `/things/${thing}/jobs/j1`, '{"status":"IN_PROGRESS","expectedVersion":9}', forDevices);
    expect(wrongVersion).toMatchObject({ status: 409, json: { executionState: { status: "QUEUED", versionNumber: 1 } } });
    expect(wrongVersion.headers["x-amzn-errortype"]).toBe("InvalidStateTransitionException");
    await call("POST", `/things/${thing}/jobs/j1`, '{"status":"SUCCEEDED"}', forDevices);
    expect((await call("GET", `/things/${thing}/jobs/j1`, undefined, forDevices)).headers["x-amzn-errortype"]).toBe(
      "TerminalStateException",
    );
    expect((await call("GET", `/things/${thing}/jobs/ghost`, undefined, forDevices)).status).toBe(404);
    expect((await call("POST", `/things/${thing}/jobs/j1`, "{}", forDevices)).status).toBe(400);
    service.rules.faults.add({ fault: "throttle" });
    const throttled = await call("GET", `/things/${thing}/jobs`, undefined, forDevices);
    expect(throttled).toMatchObject({ status: 429, json: { message: "Rate exceeded" } });
    expect(throttled.headers["x-amzn-errortype"]).toBe("ThrottlingException");
  });
});

describe("the service", () => {
  it("speaks HTTP on a connection without a socket", async () => {
    service.putObject("app.bin", Buffer.from("image"));
    const text = await new Promise<string>((resolve, reject) => {
      const sent = plainRequest("http://localhost/objects/app.bin", { createConnection: () => service.connectHttp() }, (response) => {
        let all = "";
        response.on("data", (part: Buffer) => (all += part.toString()));
        response.on("end", () => resolve(all));
      });
      sent.on("error", reject);
      sent.end();
    });
    expect(text).toBe("image");
  });

  it("has a certificate for its name and its address, from its own CA only", async () => {
    const port = Number(new URL(service.urls.https ?? "").port);
    const isTrusted = (options: object): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = connect({ port, host: "127.0.0.1", ...options }, () => {
          resolve(socket.authorized);
          socket.destroy();
        });
        socket.once("error", () => resolve(false));
      });
    expect(await isTrusted({ ca: service.ca })).toBe(true);
    expect(await isTrusted({ ca: service.ca, servername: "localhost" })).toBe(true);
    expect(await isTrusted({ ca: service.ca, servername: "example.com" })).toBe(false);
    expect(await isTrusted({})).toBe(false);
  });

  it("keeps its CA and its things in a folder, readable by its owner only", async () => {
    const dir = mkdtempSync(join(tmpdir(), "jobs-service-"));
    const ports = { mqtt: false, mqtts: false, https: false } as const;
    try {
      const first = await startJobsService({ dir, ports });
      const identity = await first.provision("lamp:01");
      await first.stop();
      for (const file of readdirSync(dir)) expect([file, statSync(join(dir, file)).mode & 0o777]).toEqual([file, 0o600]);
      const second = await startJobsService({ dir, ports });
      expect(second.ca).toBe(first.ca);
      expect(second.rules.hasThing("lamp:01")).toBe(true);
      expect(await second.provision("lamp:01")).toEqual(identity);
      await second.stop();
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it("says which port is taken, and leaves nothing behind", async () => {
    const port = Number(new URL(service.urls.https ?? "").port);
    await expect(startJobsService({ ports: { mqtt: 0, mqtts: 0, https: port } })).rejects.toMatchObject({ code: "EADDRINUSE", port });
  });
});
