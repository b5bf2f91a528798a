/** What AWS's clients never send: the HTTPS face answers with AWS's own errors, and tells nothing of itself. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startJobsService, type JobsService } from "../tools/jobs-service";
import { VirtualTime } from "../tools/time";
import { callerOf, type Caller } from "./jobs-service/https-caller";

const target = "arn:aws:iot:us-east-1:123456789012:thing/lamp";
const failures: string[] = [];
let service: JobsService;
let caller: Caller;

beforeEach(async () => {
  failures.length = 0;
  service = await startJobsService({ time: new VirtualTime(), ports: { mqtt: false, mqtts: false }, log: (line) => failures.push(line) });
  caller = callerOf(service);
  service.rules.createThing("lamp");
  service.rules.createJob({ jobId: "j1", targets: [target], document: "{}" });
});

afterEach(async () => {
  caller.end();
  await service.stop();
});

const bad = "InvalidRequestException";
const unknown = "UnknownOperationException";

describe("a request", () => {
  it.each([
    ["POST", "/jobs/j1", "{}", 404, unknown],
    ["PUT", "/things/lamp", "{}", 404, unknown],
    ["GET", "/jobs/j1/", undefined, 404, unknown],
    ["GET", "/%6Aobs/../%zz", undefined, 404, unknown],
    ["GET", "/things/%zz", undefined, 404, "ResourceNotFoundException"],
    ["POST", "/things/%zz", "{}", 400, bad],
    ["POST", "/things/..%2Fjobs", "{}", 400, bad],
    ["POST", "/things/a%00b", "{}", 400, bad],
    ["POST", "/things/t2", "[]", 400, bad],
    ["POST", "/things/t2", '"x"', 400, bad],
    ["POST", "/things/t2", "null", 400, bad],
    ["POST", "/things/t2", "{]", 400, bad],
    ["POST", "/things/t2", Buffer.from([0x7b, 0xff, 0x7d]), 400, bad],
    ["POST", "/things/t2", '{"attributePayload":[]}', 400, bad],
    ["POST", "/things/t2", '{"attributePayload":{"attributes":{"a":1}}}', 400, bad],
    ["POST", "/things/t2", '{"thingTypeName":{}}', 400, bad],
    ["PATCH", "/things/lamp", '{"expectedVersion":"1"}', 400, bad],
    ["PATCH", "/things/lamp", '{"expectedVersion":1.5}', 400, bad],
    ["DELETE", "/things/lamp?expectedVersion=one", undefined, 400, bad],
    ["GET", "/jobs?maxResults=ten", undefined, 400, bad],
    ["GET", "/jobs?maxResults=1e2", undefined, 400, bad],
    ["GET", "/jobs?nextToken=%00", undefined, 400, bad],
    ["DELETE", "/jobs/j1?force=yes", undefined, 400, bad],
    ["PUT", "/jobs/j1/cancel", '{"comment":7}', 400, bad],
    ["POST", "/jobs/j1/targets", '{"targets":[{}]}', 400, bad],
    ["PATCH", "/jobs/j1", '{"timeoutConfig":{"inProgressTimeoutInMinutes":"5"}}', 400, bad],
    ["PUT", "/things/lamp/jobs/j1/cancel", '{"expectedVersion":"1"}', 400, bad],
    ["PUT", "/thing-groups/addThingToThingGroup", '{"thingGroupName":7,"thingName":"lamp"}', 400, bad],
    ["PUT", "/thing-groups/updateThingGroupsForThing", '{"thingName":"lamp","thingGroupsToAdd":"hall"}', 400, bad],
    ["POST", "/thing-groups/g", '{"thingGroupProperties":{"attributePayload":{"attributes":{"__proto__":"x y"}}}}', 400, bad],
    ["PUT", "/job-templates/t", '{"description":7}', 400, bad],
    ["PATCH", "/event-configurations", '{"eventConfigurations":{"JOB":true}}', 400, bad],
    ["POST", "/tags", '{"resourceArn":7,"tags":[]}', 400, bad],
    ["POST", "/untag", "{}", 400, bad],
    ["GET", "/things/lamp/jobs/j1?executionNumber=-", undefined, 400, bad],
  ] as const)("%s %s with %j gets AWS's error", async (method, path, body, status, name) => {
    const answer = await caller.call(method, path, body);
    expect([answer.status, answer.headers["x-amzn-errortype"]]).toEqual([status, name]);
    expect(answer.json["message"]).toEqual(expect.any(String));
    expect(answer.headers["x-amzn-requestid"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.stringify(answer.json)).not.toMatch(/node_modules|\.ts:|\bat \w+ \(/);
    expect(failures).toEqual([]);
  });

  it("gets no member without a value", async () => {
    for (const path of ["/jobs", "/jobs/j1", "/things", "/things/lamp", "/things/lamp/jobs", "/jobs/j1/things", "/event-configurations"]) {
      const { bytes } = await caller.call("GET", path);
      expect(bytes.toString()).not.toMatch(/null|undefined|NaN/);
    }
  });

  it("may name a thing as any text that is a name", async () => {
    for (const name of ["jobs", "constructor", "__proto__", "a:b:c", "x".repeat(128)]) {
      const path = `/things/${encodeURIComponent(name)}`;
      expect((await caller.call("POST", path)).json).toMatchObject({ thingName: name });
      expect((await caller.call("GET", path)).json).toMatchObject({ thingName: name, attributes: {} });
    }
    expect((await caller.call("GET", "/things/jobs/jobs")).json).toEqual({ executionSummaries: [] });
  });
});
