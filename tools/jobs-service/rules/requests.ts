/** The device's side: GetPending, StartNext, Describe and Update, each as body in, body out. */
import { executionView, stateView, summaryView } from "./device-views";
import { deliveredDocument } from "./document";
import { end, latest, progress, setStepTimer } from "./executions";
import type { Body } from "./fields";
import { booleanField, detailsField, integerField, stepTimeoutField, textField, versionField } from "./fields";
import { headOf, listed, pendingOf } from "./pending";
import { DeviceRefusal, violation } from "./refusals";
import { thingFor } from "./registry";
import type { Execution, Thing } from "./store";
import { isTerminal } from "./store";
import type { Call } from "./topics";
import { nextJobId } from "./topics";
import type { Turn } from "./turn";

/**
 * Carries a call out and returns the members of its reply beside `timestamp` and `clientToken`. Throws a DeviceRefusal, having
 * changed nothing then. Checks in this order: topic, fields, existence, transition, version.
 */
export function perform(turn: Turn, thingName: string, call: Call, body: Body): object {
  if (call.operation === "unknown") throw new DeviceRefusal("InvalidTopic", "The topic does not name an operation of AWS IoT Jobs");
  textField(body, "clientToken");
  switch (call.operation) {
    case "get-pending":
      return getPending(thingOf(turn, thingName));
    case "start-next":
      return startNext(turn, thingName, body);
    case "describe":
      return describe(turn, thingName, call, body);
    case "update":
      return update(turn, thingName, call, body);
  }
}

type NamedCall = Extract<Call, { operation: "describe" | "update" }>;

function getPending(thing: Thing): object {
  const { running, queued } = listed(pendingOf(thing, ""));
  return { inProgressJobs: running.map(summaryView), queuedJobs: queued.map(summaryView) };
}

function startNext(turn: Turn, thingName: string, body: Body): object {
  const details = detailsField(body, turn.store.choices);
  const stepTimeout = stepTimeoutField(body, false);
  const execution = headOf(pendingOf(thingOf(turn, thingName), ""));
  if (execution === undefined) return {};
  const starts = execution.status === "QUEUED";
  if (starts) {
    progress(turn, execution);
    if (details !== undefined) execution.statusDetails = details;
  }
  if (stepTimeout !== undefined && (starts || turn.store.choices.startNextSetsStepTimer)) setStepTimer(turn, execution, stepTimeout);
  return { execution: executionView(turn, execution) };
}

function describe(turn: Turn, thingName: string, call: NamedCall, body: Body): object {
  const executionNumber = integerField(body, "executionNumber");
  const withDocument = booleanField(body, "includeJobDocument", true);
  checkName(call);
  const thing = thingOf(turn, thingName);
  if (call.jobId === nextJobId) {
    const head = headOf(pendingOf(thing, call.namespace));
    if (head === undefined) return {};
    if (executionNumber !== undefined && head.executionNumber !== executionNumber) throw notFound(thingName, nextJobId, executionNumber);
    return { execution: executionView(turn, head, withDocument) };
  }
  const execution = find(thing, call, executionNumber);
  if (isTerminal(execution)) {
    throw new DeviceRefusal(
      "TerminalStateReached",
      `Job execution of ${call.jobId} on ${thingName} is in terminal state ${execution.status}`,
    );
  }
  return { execution: executionView(turn, execution, withDocument) };
}

function update(turn: Turn, thingName: string, call: NamedCall, body: Body): object {
  if (call.jobId === nextJobId) {
    throw new DeviceRefusal(turn.store.choices.nextUpdateCode, violation(nextJobId, "jobId", "Member must satisfy [a-zA-Z0-9_-]+"));
  }
  const wanted = readUpdate(turn, body);
  checkName(call);
  const execution = find(thingOf(turn, thingName), call, wanted.executionNumber);
  checkTransition(turn, execution, wanted.status);
  if (wanted.expectedVersion !== undefined && wanted.expectedVersion !== execution.versionNumber) {
    const message = `Expected version ${wanted.expectedVersion} but found version ${execution.versionNumber}`;
    throw new DeviceRefusal("VersionMismatch", message, stateView(execution));
  }
  if (wanted.details !== undefined) {
    execution.statusDetails = turn.store.choices.mergeDetails ? { ...execution.statusDetails, ...wanted.details } : wanted.details;
  }
  if (wanted.status === "IN_PROGRESS") {
    progress(turn, execution);
    if (wanted.stepTimeout !== undefined) setStepTimer(turn, execution, wanted.stepTimeout);
  } else {
    end(turn, execution, wanted.status);
  }
  return {
    ...(wanted.withState && { executionState: stateView(execution) }),
    ...(wanted.withDocument && { jobDocument: deliveredDocument(turn.store, execution) }),
  };
}

const deviceStatuses = ["IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"] as const;
type DeviceStatus = (typeof deviceStatuses)[number];

function readUpdate(turn: Turn, body: Body) {
  const { choices } = turn.store;
  const named = textField(body, "status");
  // "Value null at 'status' failed to satisfy constraint: Member must not be null" is what the live service says (cpp-v2 95).
  if (named === undefined) throw new DeviceRefusal("InvalidRequest", violation(undefined, "status", "Member must not be null"));
  const allowed = deviceStatuses.some((status) => status === named);
  const serviceOwn = named === "CANCELED" || named === "REMOVED" || named === "TIMED_OUT";
  if (!allowed && named !== "QUEUED" && !(serviceOwn && choices.serviceStatusCode === "InvalidStateTransition")) {
    throw new DeviceRefusal(
      "InvalidRequest",
      violation(named, "status", `Member must satisfy enum value set: [${deviceStatuses.join(", ")}]`),
    );
  }
  return {
    status: named as DeviceStatus,
    details: detailsField(body, choices),
    expectedVersion: versionField(body),
    executionNumber: integerField(body, "executionNumber"),
    stepTimeout: stepTimeoutField(body, true),
    withState: booleanField(body, "includeJobExecutionState", false),
    withDocument: booleanField(body, "includeJobDocument", false),
  };
}

function checkTransition(turn: Turn, execution: Execution, status: DeviceStatus): void {
  const { choices } = turn.store;
  const message = `Transition from ${execution.status} to ${status} is not allowed`;
  if (isTerminal(execution)) throw new DeviceRefusal(choices.terminalUpdateCode, message, stateView(execution));
  const rejectsLate = status === "REJECTED" && execution.status === "IN_PROGRESS" && !choices.rejectAfterStart;
  if (rejectsLate || !deviceStatuses.includes(status)) throw new DeviceRefusal("InvalidStateTransition", message, stateView(execution));
}

function checkName(call: NamedCall): void {
  if (call.badName === undefined) return;
  const field = call.badName === call.jobId ? "jobId" : "namespaceId";
  throw new DeviceRefusal("InvalidRequest", violation(call.badName, field, "Member must satisfy [a-zA-Z0-9_-]+"));
}

function thingOf(turn: Turn, thingName: string): Thing {
  const thing = thingFor(turn, thingName);
  if (thing === undefined) throw new DeviceRefusal("ResourceNotFound", `Thing ${thingName} does not exist`);
  return thing;
}

function find(thing: Thing, call: NamedCall, executionNumber: number | undefined): Execution {
  const attempts = thing.executions.get(call.jobId);
  const execution =
    executionNumber === undefined ? latest(attempts) : attempts?.find((attempt) => attempt.executionNumber === executionNumber);
  // A namespaced job does not exist on the plain topics, nor the other way round.
  if (execution === undefined || (execution.job.namespaceId ?? "") !== call.namespace) {
    throw notFound(thing.thingName, call.jobId, executionNumber);
  }
  return execution;
}

function notFound(thingName: string, jobId: string, executionNumber: number | undefined): DeviceRefusal {
  const attempt = executionNumber === undefined ? "" : ` with number ${executionNumber}`;
  return new DeviceRefusal("ResourceNotFound", `No job execution of ${jobId}${attempt} for thing ${thingName}`);
}
