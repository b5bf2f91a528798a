/** What a device may ask and say, beyond the published vectors. */
import { beforeEach, describe, expect, it } from "vitest";
import { openRulebook, type Rulebook } from "./jobs-service/rulebook";

let book: Rulebook;
beforeEach(() => void (book = openRulebook()));
const create: Rulebook["create"] = (...job) => book.create(...job);
const ask: Rulebook["ask"] = (...request) => book.ask(...request);

describe("updates", () => {
  it("keep startedAt, raise the version by one, and date the change", () => {
    create("j1");
    book.time.advance(10_000);
    ask("start-next");
    book.time.advance(10_000);
    ask("j1/update", { status: "IN_PROGRESS" });
    expect(ask("j1/get")["execution"]).toMatchObject({
      queuedAt: 1_700_000_000,
      startedAt: 1_700_000_010,
      lastUpdatedAt: 1_700_000_020,
      versionNumber: 3,
    });
  });

  it("replace status details as a whole, clear them with {}, and store a key that JavaScript finds special", () => {
    create("j1");
    ask("start-next", { statusDetails: { self_test: "ready", a: "1" } });
    ask("j1/update", '{"status":"IN_PROGRESS","statusDetails":{"__proto__":"x","constructor":"y"}}');
    expect(JSON.stringify(ask("j1/get")["execution"])).toContain('"statusDetails":{"__proto__":"x","constructor":"y"}');
    expect(ask("j1/update", { status: "IN_PROGRESS", statusDetails: {}, includeJobExecutionState: true })["executionState"]).toEqual({
      status: "IN_PROGRESS",
      versionNumber: 4,
    });
  });

  it.each([
    ["a newline", { log: "a\nb" }],
    ["a value of 1025 characters", { log: "x".repeat(1025) }],
    ["a key of 129 characters", { ["k".repeat(129)]: "v" }],
    ["a null value", { log: null }],
    ["a nested map", { log: { a: "b" } }],
    ["a list", ["a"]],
    ["text", "a"],
  ])("refuse status details with %s and change nothing", (_what, statusDetails) => {
    create("j1");
    book.heard();
    expect(ask("j1/update", { status: "SUCCEEDED", statusDetails })).toMatchObject({ verdict: "rejected", code: "InvalidRequest" });
    expect(book.status("j1")).toBe("QUEUED");
    expect(book.heard()).toEqual([]);
  });

  it("take values of 1024 characters outside the basic plane, and ten pairs", () => {
    create("j1");
    const statusDetails = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`k${n}`, "😀".repeat(1024)]));
    expect(ask("j1/update", { status: "IN_PROGRESS", statusDetails })["verdict"]).toBe("accepted");
  });

  it("check the fields before the existence, the transition before the version", () => {
    create("j1");
    ask("j1/update", { status: "SUCCEEDED" });
    expect(ask("ghost/update", { status: "DONE" })["code"]).toBe("InvalidRequest");
    expect(ask("j1/update", { status: "FAILED", expectedVersion: 99 })["code"]).toBe("InvalidStateTransition");
    expect(ask("j1/update", { status: "FAILED", executionNumber: 2 })["code"]).toBe("ResourceNotFound");
  });

  it("report a wrong version in AWS's words", () => {
    create("j1");
    expect(ask("j1/update", { status: "IN_PROGRESS", expectedVersion: "99" })["message"]).toBe("Expected version 99 but found version 1");
  });

  it.each([
    ["an array", "[]"],
    ["a number", "7"],
    ["null", "null"],
    ["half an object", '{"status":'],
    ["bytes that are not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])("answer InvalidJson to %s", (_what, payload) => {
    create("j1");
    expect(ask("j1/update", payload)).toMatchObject({ verdict: "rejected", code: "InvalidJson" });
  });

  it("take an empty body where nothing is required, and null as absent", () => {
    create("j1");
    expect(ask("get", "")["verdict"]).toBe("accepted");
    expect(ask("$next/get", '{"clientToken":null,"includeJobDocument":null}')).toMatchObject({
      execution: { jobDocument: { action: "blink" } },
    });
    expect(ask("j1/update", "")["message"]).toContain("Value null at 'status' failed to satisfy constraint: Member must not be null");
  });
});

describe("topics", () => {
  it("decide by position, so that a job may be called get", () => {
    create("get");
    expect(ask("get")).toMatchObject({ queuedJobs: [{ jobId: "get" }] });
    expect(ask("get/get")).toMatchObject({ execution: { jobId: "get" } });
    expect(ask("get/update", { status: "SUCCEEDED" })["verdict"]).toBe("accepted");
  });

  it.each(["", "notify", "notify-next", "get/accepted", "j1/", "j1/describe", "a/b/c/d", "j1/other/get"])("know no call %j", (suffix) => {
    expect(ask(suffix, { clientToken: "t" })).toMatchObject({ verdict: "rejected", code: "InvalidTopic", clientToken: "t" });
  });

  it("refuse a job id that cannot be one", () => {
    expect(ask("a.b/get")["code"]).toBe("InvalidRequest");
    expect(ask(`${"j".repeat(65)}/get`)["code"]).toBe("InvalidRequest");
  });

  it("keep namespaced jobs apart from plain ones", () => {
    create("gg", { namespaceId: "aws-gg-deployment" });
    expect(book.heard()).toEqual(["notify-namespace-aws-gg-deployment gg"]);
    expect(ask("gg/get")["code"]).toBe("ResourceNotFound");
    expect(ask("$next/get")).not.toHaveProperty("execution");
    expect(ask("$next/namespace-aws-gg-deployment/get")).toMatchObject({ execution: { jobId: "gg" } });
    expect(ask("gg/namespace-other/update", { status: "SUCCEEDED" })["code"]).toBe("ResourceNotFound");
    expect(ask("gg/namespace-aws-gg-deployment/update", { status: "SUCCEEDED" })["verdict"]).toBe("accepted");
    expect(book.heard()).toEqual(["notify-namespace-aws-gg-deployment "]);
  });

  it("answer ResourceNotFound for a thing that is not registered, and register it where told to be lenient", () => {
    const request = (): string => book.rules.request("stranger", "get", Buffer.alloc(0)).reply.topic;
    expect(request()).toMatch(/rejected$/);
    book = openRulebook({ lenientThings: true });
    expect(request()).toMatch(/accepted$/);
    expect(book.rules.hasThing("stranger")).toBe(true);
  });
});

describe("documents", () => {
  it("get a fresh URL at every delivery, and keep the placeholder for their owner", () => {
    const document = '{"url":"${aws:iot:s3-presigned-url:https://s3.eu-west-1.amazonaws.com/fw/app.bin}"}';
    create("j1", { document, presignedUrlConfig: { roleArn: "arn:aws:iam::123456789012:role/read-fw" } });
    const url = (reply: Record<string, unknown>): unknown =>
      ((reply["execution"] ?? reply) as { jobDocument: { url: string } }).jobDocument.url;
    const urls = [
      url(JSON.parse(book.said[1]?.payload ?? "") as Record<string, unknown>),
      url(ask("$next/get")),
      url(ask("start-next")),
      url(ask("j1/update", { status: "IN_PROGRESS", includeJobDocument: true })),
    ];
    expect(new Set(urls).size).toBe(4);
    for (const one of urls) expect(one).toMatch(/^https:\/\/s3\.eu-west-1\.amazonaws\.com\/fw\/app\.bin\?signature=\d$/);
    expect(book.rules.jobDocument("j1")).toBe(document);
  });
});

describe("the switches", () => {
  it("make the service throttle or fail, and work again", () => {
    book.rules.faults.add({ fault: "throttle" });
    expect(ask("get", { clientToken: "t" })).toMatchObject({ code: "RequestThrottled", clientToken: "t" });
    book.rules.faults.clear();
    book.rules.faults.add({ fault: "internal-error" });
    expect(ask("get")["code"]).toBe("InternalError");
    book.rules.faults.clear();
    expect(ask("get")["verdict"]).toBe("accepted");
  });

  it("turn our choices into the other possibility", () => {
    book = openRulebook({ terminalUpdateCode: "TerminalStateReached", rejectAfterStart: true, mergeDetails: true });
    create("j1");
    ask("start-next", { statusDetails: { a: "1" } });
    ask("j1/update", { status: "IN_PROGRESS", statusDetails: { b: "2" } });
    expect(ask("j1/get")["execution"]).toMatchObject({ statusDetails: { a: "1", b: "2" } });
    expect(ask("j1/update", { status: "REJECTED" })["verdict"]).toBe("accepted");
    expect(ask("j1/update", { status: "FAILED" })["code"]).toBe("TerminalStateReached");
  });
});
