/** The limits of the data model, one by one: the largest value is taken, one more is refused in AWS's way. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startJobsService, type JobsService } from "../tools/jobs-service";
import { VirtualTime } from "../tools/time";
import { callerOf, type Caller } from "./jobs-service/https-caller";
import { openRulebook, thing, type Rulebook } from "./jobs-service/rulebook";

const arn = `arn:aws:iot:us-east-1:123456789012:thing/${thing}`;
const details = (pairs: number): Record<string, string> => Object.fromEntries(Array.from({ length: pairs }, (_, n) => [`k${n}`, "v"]));

describe("what a device sends", () => {
  let book: Rulebook;
  beforeEach(() => {
    book = openRulebook();
    book.create("j1");
  });

  it.each<[string, string, object, object]>([
    ["10 pairs of statusDetails", "j1/update", { statusDetails: details(10) }, { statusDetails: details(11) }],
    ["keys of 128 characters", "j1/update", { statusDetails: { ["k".repeat(128)]: "v" } }, { statusDetails: { ["k".repeat(129)]: "v" } }],
    ["keys of letters, digits and :_-", "j1/update", { statusDetails: { "aZ0:_-": "v" } }, { statusDetails: { "a.b": "v" } }],
    ["keys that are not empty", "j1/update", { statusDetails: { k: "v" } }, { statusDetails: { "": "v" } }],
    ["values of 1024 characters", "j1/update", { statusDetails: { k: "é".repeat(1024) } }, { statusDetails: { k: "é".repeat(1025) } }],
    [
      "values of characters beyond 16 bits",
      "j1/update",
      { statusDetails: { k: "😀".repeat(1024) } },
      { statusDetails: { k: "😀".repeat(1025) } },
    ],
    ["values that are not empty", "j1/update", { statusDetails: { k: " " } }, { statusDetails: { k: "" } }],
    ["values without line ends", "j1/update", { statusDetails: { k: "a b" } }, { statusDetails: { k: "a\nb" } }],
    ["values without tabs", "j1/update", { statusDetails: { k: "a b" } }, { statusDetails: { k: "a\tb" } }],
    ["10080 minutes of a step", "j1/update", { stepTimeoutInMinutes: 10_080 }, { stepTimeoutInMinutes: 10_081 }],
    ["1 minute of a step", "j1/update", { stepTimeoutInMinutes: 1 }, { stepTimeoutInMinutes: 0 }],
    ["-1 to end a step's timer", "j1/update", { stepTimeoutInMinutes: -1 }, { stepTimeoutInMinutes: -2 }],
    ["10 pairs at the start", "start-next", { statusDetails: details(10) }, { statusDetails: details(11) }],
    ["10080 minutes at the start", "start-next", { stepTimeoutInMinutes: 10_080 }, { stepTimeoutInMinutes: 10_081 }],
    ["no -1 at the start", "start-next", { stepTimeoutInMinutes: 1 }, { stepTimeoutInMinutes: -1 }],
    ["whole execution numbers", "j1/get", { executionNumber: 1 }, { executionNumber: 1.5 }],
  ])("may be: %s", (_what, suffix, taken, refused) => {
    const status = suffix.endsWith("update") ? { status: "IN_PROGRESS" } : {};
    expect(book.ask(suffix, { ...status, ...refused })).toMatchObject({ verdict: "rejected", code: "InvalidRequest" });
    expect(book.status("j1")).toBe("QUEUED");
    expect(book.ask(suffix, { ...status, ...taken })).toMatchObject({ verdict: "accepted" });
  });

  it("may be a job id of 64 characters, letters, digits, _ and -", () => {
    const longest = "j".repeat(64);
    book.create(longest);
    expect(book.ask(`${longest}/get`)).toMatchObject({ verdict: "accepted", execution: { jobId: longest } });
    for (const jobId of ["j".repeat(65), "a:b", "a.b"]) {
      expect(book.ask(`${jobId}/get`)).toMatchObject({ verdict: "rejected", code: "InvalidRequest" });
    }
  });

  it("is answered with 10 executions, the running ones first, however many are pending", () => {
    for (let n = 2; n <= 15; n++) book.create(`j${n}`);
    for (const jobId of ["j14", "j15"]) book.ask(`${jobId}/update`, { status: "IN_PROGRESS" });
    const { inProgressJobs, queuedJobs } = book.ask("get") as Record<string, { jobId: string }[]>;
    expect(inProgressJobs?.map(({ jobId }) => jobId)).toEqual(["j14", "j15"]);
    expect(queuedJobs?.map(({ jobId }) => jobId)).toEqual(["j1", "j2", "j3", "j4", "j5", "j6", "j7", "j8"]);
    book.said.length = 0;
    book.create("j16");
    expect(book.heard()).toEqual(["notify j14*,j15*,j1,j2,j3,j4,j5,j6,j7,j8"]);
  });
});

describe("what the control plane is given", () => {
  let service: JobsService;
  let caller: Caller;
  let made = 0;
  const role = "arn:aws:iam::123456789012:role/read";
  const text = (length: number): string => "x".repeat(length);
  const json = (bytes: number): string => JSON.stringify(text(bytes - 2));
  const urls = (count: number): string =>
    JSON.stringify(Array.from({ length: count }, (_, n) => `\${aws:iot:s3-presigned-url:https://s3.amazonaws.com/fw/${n}}`));
  const retries = (...numbers: number[]): object => ({
    jobExecutionsRetryConfig: {
      criteriaList: numbers.map((numberOfRetries, n) => ({ failureType: n === 0 ? "FAILED" : "TIMED_OUT", numberOfRetries })),
    },
  });
  const abort = (more: object): object => ({
    abortConfig: {
      criteriaList: [{ failureType: "ALL", action: "CANCEL", thresholdPercentage: 50, minNumberOfExecutedThings: 1, ...more }],
    },
  });
  const rollout = (more: object): object => ({
    jobExecutionsRolloutConfig: {
      exponentialRate: { baseRatePerMinute: 1, incrementFactor: 2, rateIncreaseCriteria: { numberOfNotifiedThings: 1 }, ...more },
    },
  });
  const window = (durationInMinutes: number, startTime = "cron(0 0 ? * MON *)"): object => ({
    schedulingConfig: { maintenanceWindows: [{ startTime, durationInMinutes }] },
  });

  beforeAll(async () => {
    service = await startJobsService({ time: new VirtualTime(), ports: { mqtt: false, mqtts: false } });
    caller = callerOf(service);
    service.rules.createThing(thing);
    for (let n = 0; n < 101; n++) service.rules.createThing(`many-${n}`);
  });
  afterAll(async () => {
    caller.end();
    await service.stop();
  });

  const create = (body: object, jobId = `job-${made++}`) =>
    caller.call("PUT", `/jobs/${jobId}`, JSON.stringify({ targets: [arn], document: "{}", ...body }));
  const targets = (count: number): string[] => Array.from({ length: count }, (_, n) => service.rules.thingArn(`many-${n}`));

  it.each<[string, () => object, () => object]>([
    ["a document of 32768 bytes", () => ({ document: json(32_768) }), () => ({ document: json(32_769) })],
    [
      "a document of 32768 bytes, not characters",
      () => ({ document: JSON.stringify("é".repeat(16_383)) }),
      () => ({ document: JSON.stringify("é".repeat(16_384)) }),
    ],
    ["a document that is JSON", () => ({ document: "[]" }), () => ({ document: "{" })],
    ["a document that is not empty", () => ({ document: "0" }), () => ({ document: "" })],
    [
      "10 URLs to sign in a document",
      () => ({ document: urls(10), presignedUrlConfig: { roleArn: role } }),
      () => ({ document: urls(11), presignedUrlConfig: { roleArn: role } }),
    ],
    ["a description of 2028 characters", () => ({ description: text(2028) }), () => ({ description: text(2029) })],
    ["a description without control characters", () => ({ description: "a b" }), () => ({ description: "a\nb" })],
    ["100 targets", () => ({ targets: targets(100) }), () => ({ targets: targets(101) })],
    ["at least one target", () => ({}), () => ({ targets: [] })],
    ["targets that are ARNs of things and groups", () => ({}), () => ({ targets: ["arn:aws:iot:us-east-1:123456789012:job/a"] })],
    [
      "10080 minutes in progress",
      () => ({ timeoutConfig: { inProgressTimeoutInMinutes: 10_080 } }),
      () => ({ timeoutConfig: { inProgressTimeoutInMinutes: 10_081 } }),
    ],
    [
      "1 minute in progress",
      () => ({ timeoutConfig: { inProgressTimeoutInMinutes: 1 } }),
      () => ({ timeoutConfig: { inProgressTimeoutInMinutes: 0 } }),
    ],
    [
      "URLs that live an hour",
      () => ({ presignedUrlConfig: { expiresInSec: 3600 } }),
      () => ({ presignedUrlConfig: { expiresInSec: 3601 } }),
    ],
    ["URLs that live a minute", () => ({ presignedUrlConfig: { expiresInSec: 60 } }), () => ({ presignedUrlConfig: { expiresInSec: 59 } })],
    ["10 retries", () => retries(10), () => retries(11)],
    ["10 retries in all", () => retries(4, 6), () => retries(5, 6)],
    ["2 criteria for retries", () => retries(1, 1), () => retries(1, 1, 1)],
    ["a threshold of 100 percent", () => abort({ thresholdPercentage: 100 }), () => abort({ thresholdPercentage: 100.01 })],
    ["a threshold with 2 digits after the point", () => abort({ thresholdPercentage: 0.01 }), () => abort({ thresholdPercentage: 0.001 })],
    ["1 thing executed before an abort", () => abort({ minNumberOfExecutedThings: 1 }), () => abort({ minNumberOfExecutedThings: 0 })],
    [
      "1000 things a minute",
      () => ({ jobExecutionsRolloutConfig: { maximumPerMinute: 1000 } }),
      () => ({ jobExecutionsRolloutConfig: { maximumPerMinute: 1001 } }),
    ],
    [
      "1 thing a minute",
      () => ({ jobExecutionsRolloutConfig: { maximumPerMinute: 1 } }),
      () => ({ jobExecutionsRolloutConfig: { maximumPerMinute: 0 } }),
    ],
    ["a base rate of 1000", () => rollout({ baseRatePerMinute: 1000 }), () => rollout({ baseRatePerMinute: 1001 })],
    ["a factor of 5", () => rollout({ incrementFactor: 5 }), () => rollout({ incrementFactor: 5.1 })],
    ["a factor of 1.1", () => rollout({ incrementFactor: 1.1 }), () => rollout({ incrementFactor: 1 })],
    ["a factor with 1 digit after the point", () => rollout({ incrementFactor: 1.5 }), () => rollout({ incrementFactor: 1.55 })],
    ["a window of 1430 minutes", () => window(1430), () => window(1431)],
    ["a window of 1 minute", () => window(1), () => window(0)],
    [
      "a window's cron expression of 256 characters",
      () => window(60, `cron(0 0 ? * MON${",MON".repeat(59)} *)`),
      () => window(60, `cron(0 0 ? * MON${",MON".repeat(60)} *)`),
    ],
    [
      "25 package versions",
      () => ({ destinationPackageVersions: Array(25).fill("arn:p") }),
      () => ({ destinationPackageVersions: Array(26).fill("arn:p") }),
    ],
    ["tags with a key of 128", () => ({ tags: [{ Key: text(128), Value: "v" }] }), () => ({ tags: [{ Key: text(129), Value: "v" }] })],
    ["tags with a value of 256", () => ({ tags: [{ Key: "k", Value: text(256) }] }), () => ({ tags: [{ Key: "k", Value: text(257) }] })],
    ["a namespace of letters, digits, _ and -", () => ({ namespaceId: "aws-gg_1" }), () => ({ namespaceId: "a:b" })],
  ])("may be: %s", async (_what, taken, refused) => {
    const no = await create(refused());
    expect([no.status, no.headers["x-amzn-errortype"]]).toEqual([400, "InvalidRequestException"]);
    expect(no.json["message"]).toEqual(expect.any(String));
    const yes = await create(taken());
    expect([yes.status, yes.json["message"]]).toEqual([200, undefined]);
  });

  it("may be: a documentSource of 1350 characters", async () => {
    const source = (length: number): string => `https://s3.amazonaws.com/fw/${text(length)}`.slice(0, length);
    const refused = await create({ document: undefined, documentSource: source(1351) });
    expect(refused.json["message"]).toMatch(/at 'documentSource' failed to satisfy constraint/);
    const taken = await create({ document: undefined, documentSource: source(1350) });
    // It is read as a name; there is no such object.
    expect(taken.json["message"]).toMatch(/cannot be read$/);
  });

  it.each<[string, object, object]>([
    ["a comment of 2028 characters", { comment: "x".repeat(2028) }, { comment: "x".repeat(2029) }],
    ["a comment without control characters", { comment: "a b" }, { comment: "a\tb" }],
    ["a reason code of 128 characters", { reasonCode: "A".repeat(128) }, { reasonCode: "A".repeat(129) }],
    ["a reason code of capitals, digits and _", { reasonCode: "A_1" }, { reasonCode: "a" }],
  ])("of a cancellation may be: %s", async (_what, taken, refused) => {
    const jobId = `cancel-${made++}`;
    await create({}, jobId);
    const cancel = (body: object) => caller.call("PUT", `/jobs/${jobId}/cancel`, JSON.stringify(body));
    expect((await cancel(refused)).headers["x-amzn-errortype"]).toBe("InvalidRequestException");
    expect((await cancel(taken)).status).toBe(200);
  });

  it.each<[string, string, string]>([
    ["job ids of 64 characters", `/jobs/${"j".repeat(64)}`, `/jobs/${"j".repeat(65)}`],
    ["job ids without colons", "/jobs/a_-1", "/jobs/a:b"],
  ])("has %s", async (_what, taken, refused) => {
    const body = JSON.stringify({ targets: [arn], document: "{}" });
    expect((await caller.call("PUT", refused, body)).headers["x-amzn-errortype"]).toBe("InvalidRequestException");
    expect((await caller.call("PUT", taken, body)).status).toBe(200);
  });

  it("has thing names of 128 characters, colons allowed", async () => {
    expect((await caller.call("POST", `/things/${"t".repeat(129)}`)).headers["x-amzn-errortype"]).toBe("InvalidRequestException");
    expect((await caller.call("POST", "/things/a.b")).headers["x-amzn-errortype"]).toBe("InvalidRequestException");
    for (const name of ["t".repeat(128), "a:b_-1"]) expect((await caller.call("POST", `/things/${name}`)).status).toBe(200);
  });

  it("has pages of 1 to 250", async () => {
    for (const maxResults of [0, 251]) {
      expect((await caller.call("GET", `/jobs?maxResults=${maxResults}`)).headers["x-amzn-errortype"]).toBe("InvalidRequestException");
    }
    for (const maxResults of [1, 250]) expect((await caller.call("GET", `/jobs?maxResults=${maxResults}`)).status).toBe(200);
  });
});
