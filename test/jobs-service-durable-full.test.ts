/** What a service does when its disk is full: the operating system's own refusal, by a limit on the size of files. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { devices } from "./jobs-service/devices";
import { callerOf } from "./jobs-service/https-caller";
import { startServiceProcess, type ServiceProcess } from "./jobs-service/service-process";

const maxFileKib = 192;
let dir: string;
let service: ServiceProcess | undefined;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "jobs-full-"))));
afterEach(async () => {
  await service?.kill();
  rmSync(dir, { recursive: true });
});

it("a Jobs service that cannot write refuses everything, says why, and has kept all that it accepted", { timeout: 60_000 }, async () => {
  service = await startServiceProcess(dir, maxFileKib);
  const caller = callerOf(service);
  const made = devices();
  await caller.call("POST", "/things/lamp-01");
  const device = await made.connected(service.urls.mqtt ?? "", "lamp-01");
  const document = JSON.stringify({ filling: "x".repeat(30_000) });
  const targets = ["arn:aws:iot:us-east-1:123456789012:thing/lamp-01"];
  const create = (jobId: string) => caller.call("PUT", `/jobs/${jobId}`, JSON.stringify({ targets, document }));

  const accepted: string[] = [];
  let answer = await create("job-0");
  while (answer.status === 200 && accepted.length < maxFileKib) {
    accepted.push(String(answer.json["jobId"]));
    answer = await create(`job-${accepted.length}`);
  }
  expect(accepted.length).toBeGreaterThan(2);
  expect(answer).toMatchObject({ status: 503, headers: { "x-amzn-errortype": "ServiceUnavailableException" } });
  // It may not tell of the job either: it knows of it, and will not after a restart.
  expect(await caller.call("GET", "/jobs")).toMatchObject({ status: 503 });
  device.client.publish("$aws/things/lamp-01/jobs/get", JSON.stringify({ clientToken: "c" }), { qos: 1 });
  const { topic, payload } = await device.until((got) => got.payload["clientToken"] === "c");
  expect(topic).toBe("$aws/things/lamp-01/jobs/get/rejected");
  expect(payload).toMatchObject({ code: "InternalError", message: "The service cannot keep its data" });
  expect(service.complaints).toEqual([expect.stringContaining(`cannot write to the data folder ${dir} (`)]);
  caller.end();
  await made.end();

  await service.kill();
  service = await startServiceProcess(dir);
  const again = callerOf(service);
  const { json } = await again.call("GET", "/jobs");
  expect((json["jobs"] as { jobId: string }[]).map(({ jobId }) => jobId).sort()).toEqual(accepted.sort());
  again.end();
});
