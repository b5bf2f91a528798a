/** What the older Jobs client of the device SDK v2 does, on a connection that is there already, whatever the version of MQTT. */
import { expect } from "vitest";
import { createJob, statusOf, thing, type SecuredService } from "../jobs-service/secured-service";
import type { CrtDevice } from "./crt-device";

/** It is told of a job and starts it. */
export async function startsAJob(device: CrtDevice, at: SecuredService): Promise<void> {
  const thingName = thing;
  await device.call("v1", "subscribeToNextJobExecutionChangedEvents", { thingName });
  await device.call("v1", "subscribeToStartNextPendingJobExecutionAccepted", { thingName });
  await device.call("v1", "subscribeToUpdateJobExecutionAccepted", { thingName, jobId: "j1" });
  createJob(at, "j1", { operation: "install" });
  const told = await device.next("subscribeToNextJobExecutionChangedEvents");
  expect(told).toMatchObject({ execution: { jobId: "j1", jobDocument: { operation: "install" } } });
  await device.call("v1", "publishStartNextPendingJobExecution", { thingName, clientToken: "a" });
  const started = await device.next("subscribeToStartNextPendingJobExecutionAccepted");
  expect(started).toMatchObject({ clientToken: "a", execution: { jobId: "j1", status: "IN_PROGRESS" } });
}

/** It ends that job. */
export async function failsIt(device: CrtDevice, at: SecuredService): Promise<void> {
  const statusDetails = { why: "test" };
  await device.call("v1", "publishUpdateJobExecution", { thingName: thing, jobId: "j1", status: "FAILED", statusDetails });
  await device.next("subscribeToUpdateJobExecutionAccepted");
  expect(statusOf(at, "j1")).toBe("FAILED");
}
