/** A service that is killed in the middle of its work, again and again, has done what it said and nothing by halves. */
import fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { check, putUnderLoad, register, type Memory } from "./jobs-service/load";
import { startServiceProcess, type ServiceProcess } from "./jobs-service/service-process";

let dir: string;
let service: ServiceProcess | undefined;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "jobs-data-"))));
afterEach(async () => {
  await service?.kill();
  rmSync(dir, { recursive: true });
});

it("a Jobs service with a data folder loses no accepted update and no created job when it is killed", { timeout: 120_000 }, async () => {
  const things = Array.from({ length: 10 }, (_, n) => `thing-${n}`);
  const memory: Memory = { things, jobs: new Set(), unanswered: new Set(), executions: new Map(), touched: new Set(), made: 0 };
  const moments = fc.sample(fc.integer({ min: 1, max: 300 }), { numRuns: 8, seed: 3 });
  service = await startServiceProcess(dir);
  await register(service, memory);
  for (const repliesWanted of moments) {
    const load = await putUnderLoad(service, memory, repliesWanted);
    await load.reached;
    await load.kill();
    service = await startServiceProcess(dir);
    await check(service, memory);
  }
  // Once more, all of it.
  for (const jobId of memory.jobs) memory.touched.add(`${jobId}/`);
  for (const key of memory.executions.keys()) memory.touched.add(key);
  await check(service, memory);
  expect(service.complaints).toEqual([]);
  expect(memory.jobs.size).toBeGreaterThan(moments.length);
  expect(memory.executions.size).toBeGreaterThan(moments.length);
});
