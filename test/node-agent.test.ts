/** The agent as a process of this computer, against the Jobs service: its settings, its restarts, its end. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runNodeAgent, type NodeAgentOptions } from "../src/platform/node/main";
import { thingArn } from "../tools/jobs-service/rules/names";
import { startJobsService, type JobsService } from "../tools/jobs-service/index";
import { buildImage } from "../tools/virtual-esp32/image";
import { movableTime } from "./surroundings/movable-time";

let dir = "";
const cleanUp: (() => Promise<void> | void)[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "agent-"));
  cleanUp.push(() => rmSync(dir, { recursive: true }));
});
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

function put(name: string, contents: unknown): void {
  writeFileSync(join(dir, name), typeof contents === "string" ? contents : JSON.stringify(contents));
}

const good = { thingName: "desk", endpoint: "localhost", port: 8883 };

/** Something to wait for. */
function signalled(): { came: Promise<void>; give: () => void } {
  let give = (): void => undefined;
  const came = new Promise<void>((resolve) => (give = resolve));
  return { came, give: () => give() };
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The service with the thing `desk`, and an agent that is it. */
async function startDesk(options: Partial<NodeAgentOptions> = {}) {
  const service: JobsService = await startJobsService();
  const { ca, certificate, privateKey } = await service.provision("desk");
  put("settings.json", { ...good, port: Number(new URL(service.urls.mqtts ?? "").port), trialSeconds: 30 });
  put("ca.pem", ca);
  put("cert.pem", certificate);
  put("key.pem", privateKey);
  const abort = new AbortController();
  const lines: string[] = [];
  const waiting: { text: string; found: () => void }[] = [];
  const ended = runNodeAgent({
    dir,
    signal: abort.signal,
    ...options,
    log(line) {
      lines.push(line);
      for (const one of waiting.filter(({ text }) => line.includes(text))) {
        waiting.splice(waiting.indexOf(one), 1);
        one.found();
      }
      options.log?.(line);
    },
  });
  cleanUp.push(async () => {
    abort.abort();
    await ended;
    await service.stop();
  });
  /** Resolves at the next line with this text. */
  const line = (text: string): Promise<void> => new Promise((found) => waiting.push({ text, found }));
  const job = (jobId: string, document: unknown): void =>
    void service.rules.createJob({ jobId, targets: [thingArn("desk")], document: JSON.stringify(document) });
  async function outcome(jobId: string): Promise<{ status: string; details: Record<string, string> }> {
    for (;;) {
      const { status, statusDetails } = service.rules.describeExecution("desk", jobId);
      if (status !== "QUEUED" && status !== "IN_PROGRESS") return { status, details: statusDetails?.detailsMap ?? {} };
      await new Promise<void>((resolve) => {
        const off = service.onTraffic(() => {
          off();
          setImmediate(resolve);
        });
      });
    }
  }
  return { service, abort, ended, lines, line, job, outcome };
}

test("a reboot job restarts the agent inside the process, which then reports it", async () => {
  const reasons: string[] = [];
  const { job, outcome, lines, abort, ended } = await startDesk({ onRestart: (reason) => reasons.push(reason) });
  job("again", { action: "reboot" });
  expect(await outcome("again")).toEqual({ status: "SUCCEEDED", details: { bootReason: "restart" } });
  expect(reasons).toEqual(["restart"]);
  const told = (): string[] => lines.filter((text) => text.includes("boot reason")).map((text) => text.replace(/.*boot reason /, ""));
  expect(told()).toEqual(["power", "restart"]);

  // The reason is for the next boot only: ended from outside, it starts as if the power had been off.
  abort.abort();
  await ended;
  const again = new AbortController();
  await runNodeAgent({
    dir,
    signal: again.signal,
    log(text) {
      lines.push(text);
      if (text.includes("boot reason")) again.abort();
    },
  });
  expect(told()).toEqual(["power", "restart", "power"]);
});

test("an update is downloaded over verified https, booted on trial, accepted, and kept in files of the owner's alone", async () => {
  const { service, job, outcome, line } = await startDesk({ version: "1.0.0" });
  const image = buildImage({ version: "2.0.0", project: "test", sizeBytes: 300_000 });
  const accepted = line("is accepted");
  job("update", { action: "ota", url: service.putObject("image.bin", image), version: "2.0.0", sha256: digest(image) });
  expect(await outcome("update")).toMatchObject({ status: "SUCCEEDED", details: { version: "2.0.0", slot: "ota_1", previous: "1.0.0" } });
  await accepted;
  const otadata = JSON.parse(readFileSync(join(dir, "otadata.json"), "utf8")) as unknown;
  expect(otadata).toMatchObject({ boot: "ota_1", slots: { ota_1: { state: "valid", version: "2.0.0" } } });
  for (const name of ["otadata.json", "ota_1.bin", "journal.record"]) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
});

test("with a signer's key only what it signed is taken", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  put("signer.pem", publicKey.export({ type: "spki", format: "pem" }).toString());
  const { service, job, outcome } = await startDesk({ version: "1.0.0" });
  const image = buildImage({ version: "2.0.0", project: "test", sizeBytes: 100_000 });
  const document = { action: "ota", url: service.putObject("image.bin", image), version: "2.0.0" };
  job("unsigned", { ...document, sha256: digest(image) });
  expect(await outcome("unsigned")).toMatchObject({ status: "REJECTED", details: { code: "SIGNATURE_MISSING" } });
  job("wrong", { ...document, signature: sign("sha256", image.subarray(1), privateKey).toString("base64") });
  expect(await outcome("wrong")).toMatchObject({ status: "FAILED", details: { code: "SIGNATURE_INVALID" } });
  expect(JSON.parse(readFileSync(join(dir, "otadata.json"), "utf8"))).toMatchObject({ boot: "ota_0" });
  job("right", { ...document, signature: sign("sha256", image, privateKey).toString("base64") });
  expect(await outcome("right")).toMatchObject({ status: "SUCCEEDED", details: { version: "2.0.0", slot: "ota_1" } });
});

test("firmware that does not reach the service on trial is rolled back, and the job says so", async () => {
  const time = movableTime();
  let isDown = false;
  const desk: { service?: JobsService } = {};
  const reasons: string[] = [];
  const { service, job, outcome, line } = await startDesk({
    time,
    version: "1.0.0",
    connectMqtt() {
      if (isDown || desk.service === undefined) throw new Error("no way to the broker");
      return desk.service.connectMqtt();
    },
    onRestart(reason) {
      reasons.push(reason);
      isDown = reason === "restart"; // the new firmware is deaf
    },
  });
  desk.service = service;
  const onTrial = line("is on trial");
  time.skip(2_000);
  const image = buildImage({ version: "2.0.0", project: "test", sizeBytes: 50_000 });
  job("update", { action: "ota", url: service.putObject("image.bin", image), version: "2.0.0", sha256: digest(image) });
  await onTrial;
  time.skip(30_000);
  const { status, details } = await outcome("update");
  expect([status, details["code"]]).toEqual(["FAILED", "ROLLED_BACK"]);
  expect(reasons).toEqual(["restart", "rollback"]);
});

test("an error that nobody caught restarts the agent two seconds later, with the reason", async () => {
  const time = movableTime();
  const reasons: string[] = [];
  const crashed = signalled();
  const { line, lines } = await startDesk({
    time,
    log(text) {
      if (text === "online" && reasons.length === 0) throw new Error("a bug");
    },
    onRestart(reason) {
      reasons.push(reason);
      crashed.give();
    },
  });
  const told = line("crash: Error: a bug");
  const back = line("boot reason crash");
  await told;
  await crashed.came;
  // Long enough for a boot that does not wait to say so.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(lines.join("\n")).not.toContain("boot reason crash");
  time.skip(2_000);
  await back;
  expect(reasons).toEqual(["crash"]);
});

test("three errors in a row that nobody caught lead to safe mode, and an update out of it", async () => {
  const time = movableTime();
  let crashes = 0;
  const { service, job, outcome, line } = await startDesk({
    time,
    log(text) {
      if (text === "online" && crashes < 3) throw new Error("a bug");
    },
    onRestart(reason) {
      if (reason !== "crash") return;
      crashes++;
      // Once the pause before the next boot has begun.
      setImmediate(() => time.skip(2_000));
    },
  });
  await line("safe mode after 3 crashes in a row: only jobs for describe, ota");
  job("blink", { action: "blink" });
  expect(await outcome("blink")).toMatchObject({ status: "FAILED", details: { code: "SAFE_MODE" } });
  const image = buildImage({ version: "2.0.0", project: "test", sizeBytes: 50_000 });
  job("update", { action: "ota", url: service.putObject("image.bin", image), version: "2.0.0", sha256: digest(image) });
  expect(await outcome("update")).toMatchObject({ status: "SUCCEEDED" });
  job("describe", { action: "describe" });
  const { details } = await outcome("describe");
  expect(details).toMatchObject({ version: "2.0.0" });
  expect(details).not.toHaveProperty("safeMode");
});

test("the signal ends it: the action comes to rest, and nothing more is told", async () => {
  const edges: number[] = [];
  const first = signalled();
  const { job, abort, ended, service } = await startDesk({
    onPin(_pin, level) {
      edges.push(level);
      first.give();
    },
  });
  job("long", { action: "blink", count: 100, onTime: 10000, offTime: 10000 });
  await first.came;
  abort.abort();
  await ended;
  expect(edges).toEqual([1, 0]);
  expect(service.rules.describeExecution("desk", "long").status).toBe("QUEUED");
});

test("a signal that was given before ends it at once, and touches nothing", async () => {
  await runNodeAgent({ dir, signal: AbortSignal.abort() });
  expect(readdirSync(dir)).toEqual([]);
});

test("nothing secret is told", async () => {
  const { job, outcome, lines } = await startDesk();
  job("who", { action: "describe" });
  const { status, details } = await outcome("who");
  expect(status).toBe("SUCCEEDED");
  const key = readFileSync(join(dir, "key.pem"), "utf8").split("\n")[1] ?? "";
  expect(key.length).toBeGreaterThan(40);
  expect(JSON.stringify([lines, details])).not.toContain(key);
});
