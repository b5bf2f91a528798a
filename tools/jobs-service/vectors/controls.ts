/** The control-plane and harness actions that vectors name. */
import type { JobInput } from "../rules";
import { groupArn, readTarget } from "../rules/names";
import type { Target } from "./target";
import type { Vector } from "./form";

type Payload = Readonly<Record<string, unknown>>;
type Control = (target: Target, thingName: string, payload: Payload) => void | Promise<void>;

const text = (payload: Payload, key: string): string | undefined => (typeof payload[key] === "string" ? payload[key] : undefined);
const jobIdOf = (payload: Payload): string => text(payload, "jobId") ?? "";
const isForced = (payload: Payload): boolean => payload["force"] === true;
const numberOf = (payload: Payload): number | undefined =>
  typeof payload["executionNumber"] === "number" ? payload["executionNumber"] : undefined;

/** The group that stands for "a group that this CONTINUOUS job targets" where a vector names only the job. */
function groupOf(payload: Payload): string {
  return text(payload, "thingGroupName") ?? `group-of-${text(payload, "continuousJobId") ?? "jobs"}`;
}

const noop = '{"operation":"noop"}';

/** Registers what targets name; a group that is new has the vector's thing as its member. */
function arrangeTargets(target: Target, thingName: string, arns: readonly unknown[]): void {
  for (const arn of arns) {
    const named = typeof arn === "string" ? readTarget(arn) : undefined;
    if (named?.kind === "thing") target.rules.createThing(named.name);
    if (named?.kind !== "thinggroup") continue;
    target.rules.createThingGroup(named.name);
    target.rules.addThingToThingGroup(named.name, thingName);
  }
}

function createJob(target: Target, thingName: string, payload: Payload): void {
  const { document = noop, targets = [target.rules.thingArn(thingName)] } = payload;
  if (Array.isArray(targets)) arrangeTargets(target, thingName, targets);
  const input = { ...payload, targets, document: typeof document === "string" ? document : JSON.stringify(document) };
  target.rules.createJob(input as unknown as JobInput);
}

function associate(target: Target, thingName: string, payload: Payload): void {
  const targets = Array.isArray(payload["targets"]) ? (payload["targets"] as string[]) : [groupArn(groupOf(payload))];
  arrangeTargets(target, thingName, targets);
  target.rules.associateTargetsWithJob(jobIdOf(payload), targets);
}

const nothing: Control = () => undefined;

const controls: Readonly<Record<string, Control>> = {
  CreateJob: createJob,
  UpdateJob: (target, _thing, { jobId, ...settings }) => target.rules.updateJob(jobIdOf({ jobId }), settings),
  CancelJob: (target, _thing, payload) => void target.rules.cancelJob(jobIdOf(payload), { force: isForced(payload) }),
  DeleteJob: (target, _thing, payload) => target.rules.deleteJob(jobIdOf(payload), isForced(payload)),
  AssociateTargets: associate,
  AssociateTargetsWithJob: associate,
  CancelJobExecution: (target, thing, payload) => {
    const { expectedVersion, statusDetails } = payload;
    target.rules.cancelExecution(text(payload, "thingName") ?? thing, jobIdOf(payload), {
      force: isForced(payload),
      ...(typeof expectedVersion === "number" && { expectedVersion }),
      ...(statusDetails !== undefined && { statusDetails: statusDetails as Record<string, string> }),
    });
  },
  DeleteJobExecution: (target, thing, payload) =>
    target.rules.deleteExecution(text(payload, "thingName") ?? thing, jobIdOf(payload), numberOf(payload), isForced(payload)),
  DescribeJobExecution: (target, thing, payload) =>
    void target.rules.describeExecution(text(payload, "thingName") ?? thing, jobIdOf(payload), numberOf(payload)),
  DescribeJob: (target, _thing, payload) => void target.rules.describeJob(jobIdOf(payload)),
  GetJobDocument: (target, _thing, payload) => void target.rules.jobDocument(jobIdOf(payload)),
  ListJobs: (target) => void target.rules.listJobs(),
  ListJobExecutionsForJob: (target, _thing, payload) => void target.rules.executionsForJob(jobIdOf(payload)),
  ListJobExecutionsForThing: (target, thing, payload) => void target.rules.executionsForThing(text(payload, "thingName") ?? thing),
  GetPendingJobExecutions: (target, thing) => void target.rules.perform(thing, { operation: "get-pending" }, {}),
  StartNextPendingJobExecution: (target, thing, payload) => void target.rules.perform(thing, { operation: "start-next" }, payload),
  UpdateJobExecution: (target, thing, payload) =>
    void target.rules.perform(thing, { operation: "update", jobId: jobIdOf(payload), namespace: "" }, payload),
  CreateThing: (target, thing, payload) => void target.rules.createThing(text(payload, "thingName") ?? thing),
  DeleteThing: (target, thing, payload) => target.rules.deleteThing(text(payload, "thingName") ?? thing),
  CreateThingGroup: (target, _thing, payload) => void target.rules.createThingGroup(groupOf(payload)),
  DeleteThingGroup: (target, _thing, payload) => target.rules.deleteThingGroup(groupOf(payload)),
  AddThingToThingGroup: (target, thing, payload) =>
    target.rules.addThingToThingGroup(groupOf(payload), text(payload, "thingName") ?? thing),
  RemoveThingFromThingGroup: (target, thing, payload) =>
    target.rules.removeThingFromThingGroup(groupOf(payload), text(payload, "thingName") ?? thing),
  AdvanceClock: (target, _thing, { seconds, minutes, ms }) => {
    const total = Number(seconds ?? 0) * 1000 + Number(minutes ?? 0) * 60_000 + Number(ms ?? 0);
    if (!Number.isFinite(total)) throw new Error("AdvanceClock needs a number of seconds");
    target.time.advance(total);
  },
  // The device is connected anew: nothing may be replayed to it.
  Connect: (target, thing) => target.connect(thing),
  Reconnect: (target, thing) => target.connect(thing),
  Subscribe: (target, thing) => target.connect(thing),
  Resubscribe: (target, thing) => target.connect(thing),
  None: nothing,
};

/** The action of this name, or undefined when there is none. */
export function controlNamed(name: string): Control | undefined {
  return Object.hasOwn(controls, name) ? controls[name] : undefined;
}

/** Puts the service into the state that a vector describes, group memberships that its action needs included. */
export function arrange({ rules }: Target, { given, request }: Vector): void {
  const payload = (typeof request.payload === "object" && request.payload !== null ? request.payload : {}) as Payload;
  const control = request.topic === null ? (request.control ?? "") : "";
  const isAboutGroup = /Group|Associate/.test(control);
  const continuousJobId = text(payload, "continuousJobId") ?? (control.startsWith("Associate") ? jobIdOf(payload) : undefined);
  rules.createThing(given.thing);
  if (isAboutGroup && control !== "CreateThingGroup") {
    rules.createThingGroup(groupOf(payload));
    if (!control.startsWith("Add")) rules.addThingToThingGroup(groupOf(payload), given.thing);
  }
  const group = isAboutGroup ? groupArn(control.startsWith("Associate") ? "elsewhere" : groupOf(payload)) : undefined;
  const jobs = (given.jobs ?? []).map((job) =>
    group !== undefined && (continuousJobId ?? job.jobId) === job.jobId
      ? { ...job, targetSelection: "CONTINUOUS" as const, targets: [group] }
      : job,
  );
  rules.load(
    given.thing,
    // `stepDeadline` is a moment like all others; small numbers can only mean seconds from now.
    jobs.map((job) =>
      job.stepDeadline === undefined || job.stepDeadline > 1_000_000_000
        ? job
        : { ...job, stepDeadline: (given.now ?? 1_700_000_000) + job.stepDeadline },
    ),
  );
  if (group !== undefined && continuousJobId !== undefined && !jobs.some(({ jobId }) => jobId === continuousJobId)) {
    const targeted = readTarget(group);
    if (targeted !== undefined) rules.createThingGroup(targeted.name);
    rules.createJob({ jobId: continuousJobId, targets: [group], document: noop, targetSelection: "CONTINUOUS" });
  }
  if (given.inject !== undefined) rules.faults.add({ fault: /throttl/i.test(given.inject) ? "throttle" : "internal-error" });
}
