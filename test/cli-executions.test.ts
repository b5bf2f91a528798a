/** What commands tell of a job on its things, asked of a service through AWS's own client. */
import { stripVTControlCharacters } from "node:util";
import { afterEach, expect, it, vi } from "vitest";
import type { Cloud } from "../tools/cli/cloud";
import { showJob, waitForEnd } from "../tools/cli/executions";
import { aroundEachTest } from "./jobs-service/aws-clients";

const at = aroundEachTest();
const cloud = (): Cloud => ({ iot: at.iot, place: "", deviceRoots: "" });
afterEach(() => void vi.restoreAllMocks());

function end(thingName: string, status: string): void {
  at.service.rules.perform(thingName, { operation: "update", jobId: "j1", namespace: "" }, { status });
}

it("a job has not ended while its rollout goes on, though it has ended on all things reached so far", async () => {
  const { rules } = at.service;
  for (const thingName of ["lamp-01", "lamp-02"]) rules.createThing(thingName);
  const targets = ["lamp-01", "lamp-02"].map((thingName) => rules.thingArn(thingName));
  rules.createJob({ jobId: "j1", targets, document: "{}", jobExecutionsRolloutConfig: { maximumPerMinute: 1 } });
  end("lamp-01", "SUCCEEDED");
  expect(await waitForEnd(cloud(), "j1", 0.1)).toBe(false);
  at.time.advance(60_000);
  end("lamp-02", "SUCCEEDED");
  expect(await waitForEnd(cloud(), "j1", 10)).toBe(true);
});

it("an attempt is numbered where a job was tried again", async () => {
  const { rules } = at.service;
  rules.createThing("lamp-01");
  const retries = { criteriaList: [{ failureType: "ALL" as const, numberOfRetries: 2 }] };
  rules.createJob({ jobId: "j1", targets: [rules.thingArn("lamp-01")], document: "{}", jobExecutionsRetryConfig: retries });
  let out = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += stripVTControlCharacters(String(text)); // The test runner may ask for colour.
    return true;
  });
  await showJob(cloud(), "j1", false);
  expect(out).toMatch(/THING +STATUS DETAILS\n/);
  for (const status of ["FAILED", "FAILED"]) end("lamp-01", status);
  await showJob(cloud(), "j1", false);
  expect(out).toMatch(/THING +STATUS ATTEMPT DETAILS\nlamp-01 QUEUED 3 *\n/);
});
