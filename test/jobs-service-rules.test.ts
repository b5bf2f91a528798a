/** The device's side of the rulebook, beyond the published vectors. */
import { beforeEach, describe, expect, it } from "vitest";
import { VirtualTime } from "../tools/time";
import type { Choices } from "../tools/jobs-service/choices";
import type { JobInput, Message, Rules } from "../tools/jobs-service/rules";
import { timedRules } from "../tools/jobs-service/timed-rules";

const thing = "lamp-01";
let time: VirtualTime;
let rules: Rules;
/** What the service said unasked since it was last looked at. */
let said: Message[];

function start(choices: Partial<Choices> = {}): void {
  time = new VirtualTime(1_700_000_000_000);
  said = [];
  let signed = 0;
  ({ rules } = timedRules(time, {
    deliver: (messages) => said.push(...messages),
    choices,
    presign: (url) => `${url}?signature=${++signed}`,
  }));
  rules.createThing(thing);
}

beforeEach(() => start());

function create(jobId: string, more: Partial<JobInput> = {}): void {
  rules.createJob({ jobId, targets: [rules.thingArn(thing)], document: '{"action":"blink"}', ...more });
}

/** Sends a request and gives the reply's payload with its verdict; notifications go where all others go. */
function ask(suffix: string, body: unknown = {}): Record<string, unknown> {
  const payload = typeof body === "string" ? Buffer.from(body) : body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
  const { reply, notifications } = rules.request(thing, suffix, payload);
  said.push(...notifications);
  const verdict = reply.topic.slice(reply.topic.lastIndexOf("/") + 1);
  return { verdict, ...(JSON.parse(reply.payload) as object) };
}

/** What was said since the last look, in short: `notify a,b*` (running ones with a star) and `next a`. */
function heard(): string[] {
  return said.splice(0).map(({ topic, payload }) => {
    const name = topic.slice(`$aws/things/${thing}/jobs/`.length);
    const { jobs, execution } = JSON.parse(payload) as { jobs?: Record<string, { jobId: string }[]>; execution?: { jobId: string } };
    if (jobs === undefined) return `${name} ${execution?.jobId ?? "nothing"}`;
    const running = (jobs["IN_PROGRESS"] ?? []).map(({ jobId }) => `${jobId}*`);
    return `${name} ${[...running, ...(jobs["QUEUED"] ?? []).map(({ jobId }) => jobId)].join(",")}`;
  });
}

const status = (jobId: string): string => rules.describeExecution(thing, jobId).status;

describe("notifications", () => {
  it("tell of members and of the head, each only when it changed", () => {
    create("j1");
    expect(heard()).toEqual(["notify j1", "notify-next j1"]);
    create("j2");
    expect(heard()).toEqual(["notify j1,j2"]);
    ask("j1/update", { status: "IN_PROGRESS" });
    expect(heard()).toEqual([]);
    create("j3");
    expect(heard()).toEqual(["notify j1*,j2,j3"]);
    ask("j1/update", { status: "IN_PROGRESS", statusDetails: { step: "2" } });
    expect(heard()).toEqual([]);
    ask("j1/update", { status: "SUCCEEDED" });
    expect(heard()).toEqual(["notify j2,j3", "notify-next j2"]);
    ask("j3/update", { status: "IN_PROGRESS" }); // out of turn
    expect(heard()).toEqual(["notify-next j3"]);
    ask("j2/update", { status: "REJECTED" });
    expect(heard()).toEqual(["notify j3*"]);
    rules.deleteExecution(thing, "j3", undefined, true);
    expect(heard()).toEqual(["notify ", "notify-next nothing"]);
  });

  it("stay away when nothing changes: refusals, descriptions, start-next on a running job", () => {
    create("j1");
    ask("start-next");
    heard();
    ask("start-next", { statusDetails: { a: "b" } });
    ask("j1/get");
    ask("$next/get");
    ask("get");
    ask("j1/update", { status: "SUCCEEDED", expectedVersion: 7 });
    ask("j1/update", { status: "REJECTED" });
    expect(heard()).toEqual([]);
  });

  it("put the earliest queued of several running jobs first, not the earliest started", () => {
    create("a");
    time.advance(1000);
    create("b");
    ask("b/update", { status: "IN_PROGRESS" });
    heard();
    ask("a/update", { status: "IN_PROGRESS" });
    expect(heard()).toEqual(["notify-next a"]);
    expect(ask("get")["inProgressJobs"]).toMatchObject([{ jobId: "a" }, { jobId: "b" }]);
  });

  it("keep the order of creation within one second, and list running jobs before ten in all", () => {
    for (let n = 0; n < 12; n++) create(`j${n}`);
    ask("j11/update", { status: "IN_PROGRESS" });
    const { inProgressJobs, queuedJobs } = ask("get") as { inProgressJobs: { jobId: string }[]; queuedJobs: { jobId: string }[] };
    expect(inProgressJobs.map(({ jobId }) => jobId)).toEqual(["j11"]);
    expect(queuedJobs.map(({ jobId }) => jobId)).toEqual(["j0", "j1", "j2", "j3", "j4", "j5", "j6", "j7", "j8"]);
  });
});

describe("timers", () => {
  const limited = { timeoutConfig: { inProgressTimeoutInMinutes: 20 } };

  it("do not run while a job is queued", () => {
    create("j1", limited);
    time.advance(86_400_000);
    expect(status("j1")).toBe("QUEUED");
  });

  it("follow the guide's example: three step timers under one job timer of 20 minutes", () => {
    create("j1", limited);
    ask("start-next");
    time.advance(5 * 60_000);
    ask("j1/update", { status: "IN_PROGRESS", stepTimeoutInMinutes: 7 });
    expect(ask("j1/get")["execution"]).toMatchObject({ approximateSecondsBeforeTimedOut: 420 });
    time.advance(5 * 60_000);
    ask("j1/update", { status: "IN_PROGRESS", stepTimeoutInMinutes: 5 });
    expect(ask("j1/get")["execution"]).toMatchObject({ approximateSecondsBeforeTimedOut: 300 });
    time.advance(3 * 60_000);
    ask("j1/update", { status: "IN_PROGRESS", stepTimeoutInMinutes: 9 });
    expect(ask("j1/get")["execution"]).toMatchObject({ approximateSecondsBeforeTimedOut: 420 });
    heard();
    time.advance(7 * 60_000 - 1);
    expect(status("j1")).toBe("IN_PROGRESS");
    time.advance(1);
    expect(status("j1")).toBe("TIMED_OUT");
    expect(heard()).toEqual(["notify ", "notify-next nothing"]);
    expect(ask("j1/update", { status: "SUCCEEDED" })).toMatchObject({
      code: "InvalidStateTransition",
      executionState: { status: "TIMED_OUT" },
    });
  });

  it("end with -1, are kept by an update that names none, and stop at the end of the job", () => {
    create("j1");
    ask("start-next", { stepTimeoutInMinutes: 1 });
    ask("j1/update", { status: "IN_PROGRESS" });
    expect(ask("j1/get")["execution"]).toMatchObject({ approximateSecondsBeforeTimedOut: 60 });
    ask("j1/update", { status: "IN_PROGRESS", stepTimeoutInMinutes: -1 });
    expect(ask("j1/get")["execution"]).not.toHaveProperty("approximateSecondsBeforeTimedOut");
    ask("j1/update", { status: "IN_PROGRESS", stepTimeoutInMinutes: 1 });
    ask("j1/update", { status: "SUCCEEDED" });
    time.advance(600_000);
    expect(status("j1")).toBe("SUCCEEDED");
    expect(time.untilNext()).toBeUndefined();
  });

  it("cannot be set longer by changing the job while it runs", () => {
    create("j1", limited);
    ask("start-next");
    rules.updateJob("j1", { timeoutConfig: { inProgressTimeoutInMinutes: 60 } });
    time.advance(20 * 60_000);
    expect(status("j1")).toBe("TIMED_OUT");
  });

  it("of many executions fire each in its time, whatever the order of setting and clearing", () => {
    for (let n = 0; n < 40; n++) {
      create(`j${n}`);
      ask(`j${n}/update`, { status: "IN_PROGRESS", stepTimeoutInMinutes: ((n * 17) % 40) + 1 });
    }
    for (let n = 0; n < 40; n += 3) ask(`j${n}/update`, { status: "IN_PROGRESS", stepTimeoutInMinutes: -1 });
    for (let n = 0; n < 40; n += 6) ask(`j${n}/update`, { status: "IN_PROGRESS", stepTimeoutInMinutes: 1 });
    for (let minute = 1; minute <= 40; minute++) {
      time.advance(60_000);
      for (let n = 0; n < 40; n++) {
        const due = n % 6 === 0 ? 1 : n % 3 === 0 ? Infinity : ((n * 17) % 40) + 1;
        expect(status(`j${n}`)).toBe(due <= minute ? "TIMED_OUT" : "IN_PROGRESS");
      }
    }
  });
});

describe("updates", () => {
  it("keep startedAt, raise the version by one, and date the change", () => {
    create("j1");
    time.advance(10_000);
    ask("start-next");
    time.advance(10_000);
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
    heard();
    expect(ask("j1/update", { status: "SUCCEEDED", statusDetails })).toMatchObject({ verdict: "rejected", code: "InvalidRequest" });
    expect(status("j1")).toBe("QUEUED");
    expect(heard()).toEqual([]);
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
    expect(heard()).toEqual(["notify-namespace-aws-gg-deployment gg"]);
    expect(ask("gg/get")["code"]).toBe("ResourceNotFound");
    expect(ask("$next/get")).not.toHaveProperty("execution");
    expect(ask("$next/namespace-aws-gg-deployment/get")).toMatchObject({ execution: { jobId: "gg" } });
    expect(ask("gg/namespace-other/update", { status: "SUCCEEDED" })["code"]).toBe("ResourceNotFound");
    expect(ask("gg/namespace-aws-gg-deployment/update", { status: "SUCCEEDED" })["verdict"]).toBe("accepted");
    expect(heard()).toEqual(["notify-namespace-aws-gg-deployment "]);
  });

  it("answer ResourceNotFound for a thing that is not registered, and register it where told to be lenient", () => {
    const request = (): string => rules.request("stranger", "get", Buffer.alloc(0)).reply.topic;
    expect(request()).toMatch(/rejected$/);
    start({ lenientThings: true });
    expect(request()).toMatch(/accepted$/);
    expect(rules.hasThing("stranger")).toBe(true);
  });
});

describe("documents", () => {
  it("get a fresh URL at every delivery, and keep the placeholder for their owner", () => {
    const document = '{"url":"${aws:iot:s3-presigned-url:https://s3.eu-west-1.amazonaws.com/fw/app.bin}"}';
    create("j1", { document });
    const url = (reply: Record<string, unknown>): unknown =>
      ((reply["execution"] ?? reply) as { jobDocument: { url: string } }).jobDocument.url;
    const urls = [
      url(JSON.parse(said[1]?.payload ?? "") as Record<string, unknown>),
      url(ask("$next/get")),
      url(ask("start-next")),
      url(ask("j1/update", { status: "IN_PROGRESS", includeJobDocument: true })),
    ];
    expect(new Set(urls).size).toBe(4);
    for (const one of urls) expect(one).toMatch(/^https:\/\/s3\.eu-west-1\.amazonaws\.com\/fw\/app\.bin\?signature=\d$/);
    expect(rules.jobDocument("j1")).toBe(document);
  });
});

describe("the switches", () => {
  it("make the service throttle or fail, and work again", () => {
    rules.setFault("RequestThrottled");
    expect(ask("get", { clientToken: "t" })).toMatchObject({ code: "RequestThrottled", clientToken: "t" });
    rules.setFault("InternalError");
    expect(ask("get")["code"]).toBe("InternalError");
    rules.setFault(undefined);
    expect(ask("get")["verdict"]).toBe("accepted");
  });

  it("turn our choices into the other possibility", () => {
    start({ terminalUpdateCode: "TerminalStateReached", rejectAfterStart: true, mergeDetails: true });
    create("j1");
    ask("start-next", { statusDetails: { a: "1" } });
    ask("j1/update", { status: "IN_PROGRESS", statusDetails: { b: "2" } });
    expect(ask("j1/get")["execution"]).toMatchObject({ statusDetails: { a: "1", b: "2" } });
    expect(ask("j1/update", { status: "REJECTED" })["verdict"]).toBe("accepted");
    expect(ask("j1/update", { status: "FAILED" })["code"]).toBe("TerminalStateReached");
  });
});
