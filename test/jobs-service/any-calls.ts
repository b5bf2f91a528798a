/** Whatever devices, operators and time may do to a Jobs service, at random. */
import fc from "fast-check";
import type { KeptRules } from "./kept-rules";

export const things = ["t1", "t2"];
export const groups = ["g1", "g2"];
export const jobIds = ["j1", "j2"];
export const policies = ["p1", "p2"];
export const templates = ["template-1"];
export const thingTypes = ["type-1"];
/** What can have tags. */
export const taggable = [
  ...jobIds.map((id) => `arn:aws:iot:us-east-1:123456789012:job/${id}`),
  ...groups.map((name) => `arn:aws:iot:us-east-1:123456789012:thinggroup/${name}`),
  ...templates.map((id) => `arn:aws:iot:us-east-1:123456789012:jobtemplate/${id}`),
];

/** One step; the name shows in a counterexample. */
export interface Step {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly run: (book: KeptRules) => unknown;
}

const thing = fc.constantFrom(...things);
const group = fc.constantFrom(...groups);
const jobId = fc.constantFrom(...jobIds);
const policy = fc.constantFrom(...policies);
const force = fc.boolean();
const minute = 60_000;

/** A call of the control plane. */
function control<Args extends unknown[]>(
  name: string,
  args: fc.Arbitrary<Args>,
  call: (rules: KeptRules["rules"], ...args: Args) => unknown,
): fc.Arbitrary<Step> {
  return args.map((given) => ({ name, args: given, run: (book) => book.outcomeOf((rules) => call(rules, ...given)) }));
}

const target = fc.oneof(
  thing.map((name) => `arn:aws:iot:us-east-1:123456789012:thing/${name}`),
  group.map((name) => `arn:aws:iot:us-east-1:123456789012:thinggroup/${name}`),
);

const settings = fc.record(
  {
    description: fc.string({ maxLength: 5 }),
    namespaceId: fc.constant("ns"),
    targetSelection: fc.constantFrom("SNAPSHOT" as const, "CONTINUOUS" as const, "CONTINUOUS" as const),
    timeoutConfig: fc.record({ inProgressTimeoutInMinutes: fc.integer({ min: 1, max: 5 }) }),
    jobExecutionsRetryConfig: fc.record({
      criteriaList: fc.tuple(
        fc.record({
          failureType: fc.constantFrom("FAILED" as const, "TIMED_OUT" as const, "ALL" as const),
          numberOfRetries: fc.integer({ min: 1, max: 3 }),
        }),
      ),
    }),
    abortConfig: fc.record({
      criteriaList: fc.tuple(
        fc.record({
          action: fc.constant("CANCEL" as const),
          failureType: fc.constantFrom("FAILED" as const, "ALL" as const),
          thresholdPercentage: fc.constantFrom(30, 100),
          minNumberOfExecutedThings: fc.integer({ min: 1, max: 3 }),
        }),
      ),
    }),
    jobExecutionsRolloutConfig: fc.record({ maximumPerMinute: fc.constant(1) }),
    presignedUrlConfig: fc.record({ roleArn: fc.constant("arn:aws:iam::123456789012:role/downloads") }),
    schedulingConfig: fc.constantFrom(
      { startTime: "2023-11-15 00:00", endTime: "2023-11-15 02:00", endBehavior: "CANCEL" as const },
      { endTime: "2023-11-15 02:00", endBehavior: "FORCE_CANCEL" as const },
      { maintenanceWindows: [{ startTime: "cron(0 * * * ? *)", durationInMinutes: 20 }] },
    ),
  },
  { requiredKeys: [] },
);

const documents = fc.constantFrom(
  '{"action":"blink"}',
  '{"url":"${aws:iot:s3-presigned-url:https://bucket.s3.amazonaws.com/a.bin}"}',
  '{"__proto__":{"a":1},"text":"\\u0000ß😀"}',
);

const createJob = control(
  "createJob",
  fc.tuple(jobId, fc.uniqueArray(target, { minLength: 1, maxLength: 3 }), documents, settings),
  (rules, id, targets, document, more) => rules.createJob({ jobId: id, targets, document, ...more }),
);

/** A request of a device; the reply is part of the outcome. */
const request = fc
  .tuple(
    thing,
    fc.oneof(
      { weight: 3, arbitrary: fc.constant(["start-next", {}]) },
      fc
        .integer({ min: 1, max: 5 })
        .map((stepTimeoutInMinutes) => ["start-next", { stepTimeoutInMinutes, statusDetails: { at: "start" } }]),
      {
        weight: 5,
        arbitrary: fc
          .tuple(
            jobId,
            fc.constantFrom("", "namespace-ns/"),
            fc.constantFrom("IN_PROGRESS", "SUCCEEDED", "FAILED", "FAILED", "REJECTED"),
            fc.record(
              {
                stepTimeoutInMinutes: fc.constantFrom(-1, 1, 3),
                statusDetails: fc.constantFrom({}, { step: "1" }, JSON.parse('{"__proto__":"x"}') as object),
                includeJobExecutionState: fc.constant(true),
              },
              { requiredKeys: [] },
            ),
          )
          .map(([id, namespace, status, more]) => [`${namespace}${id}/update`, { status, ...more }]),
      },
    ),
  )
  .map(([name, [suffix, body]]): Step => ({
    name: "request",
    args: [name, suffix, body],
    run: (book) => book.outcomeOf((rules) => rules.request(name, suffix as string, Buffer.from(JSON.stringify(body)))),
  }));

const advance = fc
  .constantFrom(1, minute, 2 * minute, 7 * minute, 45 * minute, 180 * minute)
  .map((ms): Step => ({ name: "advance", args: [ms], run: (book) => (book.advance(ms), book.outcomeOf(() => null)) }));

const rule = (resource: string): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "iot:*", Resource: resource }] });

const registry = fc.oneof(
  control("createThing", fc.tuple(thing, fc.constantFrom({}, { model: "a" })), (rules, name, attributes) =>
    rules.createThing(name, attributes),
  ),
  control("deleteThing", fc.tuple(thing), (rules, name) => rules.deleteThing(name)),
  control("createThingGroup", fc.tuple(group), (rules, name) => rules.createThingGroup(name)),
  control("deleteThingGroup", fc.tuple(group), (rules, name) => rules.deleteThingGroup(name)),
  control("removeThingFromThingGroup", fc.tuple(group, thing), (rules, ...names) => rules.removeThingFromThingGroup(...names)),
);

const jobs = fc.oneof(
  control(
    "updateJob",
    fc.tuple(jobId, fc.constantFrom({ description: "new" }, { timeoutConfig: { inProgressTimeoutInMinutes: 2 } })),
    (r, ...a) => r.updateJob(...a),
  ),
  control("associateTargetsWithJob", fc.tuple(jobId, target), (rules, id, arn) => rules.associateTargetsWithJob(id, [arn])),
  control("cancelJob", fc.tuple(jobId, force), (rules, id, forced) =>
    rules.cancelJob(id, { force: forced, reasonCode: "why", comment: "so" }),
  ),
  control("deleteJob", fc.tuple(jobId, force), (rules, ...args) => rules.deleteJob(...args)),
);

const executions = fc.oneof(
  control("cancelExecution", fc.tuple(thing, jobId, force), (rules, name, id, forced) =>
    rules.cancelExecution(name, id, { force: forced, statusDetails: { by: "operator" } }),
  ),
  control("deleteExecution", fc.tuple(thing, jobId, fc.constantFrom(undefined, 1, 2), force), (rules, ...args) =>
    rules.deleteExecution(...args),
  ),
);

const others = fc.oneof(
  control("updateEventConfigurations", fc.tuple(fc.constantFrom("JOB", "JOB_EXECUTION"), force), (rules, type, Enabled) =>
    rules.events.update({ eventConfigurations: { [type]: { Enabled } } }),
  ),
  control("createPolicy", fc.tuple(policy), (rules, name) => rules.identities.createPolicy(name, rule("*"))),
  control("createPolicyVersion", fc.tuple(policy, force), (rules, name, isDefault) =>
    rules.identities.createPolicyVersion(name, rule(`arn:${name}`), isDefault),
  ),
  control("deletePolicy", fc.tuple(policy), (rules, name) => rules.identities.deletePolicy(name)),
  control("attachPolicy", fc.tuple(policy, target), (rules, ...args) => rules.identities.attachPolicy(...args)),
  control("detachPolicy", fc.tuple(policy, target), (rules, ...args) => rules.identities.detachPolicy(...args)),
);

const template = fc.constantFrom(...templates);
const thingType = fc.constantFrom(...thingTypes);
const tagged = fc.constantFrom(...taggable);
const attributes = fc.constantFrom({}, { model: "a" }, { model: "", place: "roof" });

const descriptions = fc.oneof(
  control("createTemplate", fc.tuple(template), (rules, id) => rules.templates.create(id, { description: "d", document: "{}" })),
  control("deleteTemplate", fc.tuple(template), (rules, id) => rules.templates.delete(id)),
  control("createThingType", fc.tuple(thingType), (rules, name) => rules.thingTypes.create(name, {})),
  control("deprecateThingType", fc.tuple(thingType, force), (rules, name, undo) => rules.thingTypes.deprecate(name, undo)),
  control("deleteThingType", fc.tuple(thingType), (rules, name) => rules.thingTypes.delete(name)),
  control("updateThing", fc.tuple(thing, attributes, fc.option(thingType, { nil: undefined })), (rules, name, given, thingTypeName) =>
    rules.things.update(name, { attributePayload: { attributes: given }, thingTypeName }),
  ),
  control("createGroup", fc.tuple(group, fc.option(group, { nil: undefined })), (rules, name, parentGroupName) =>
    rules.groups.create(name, { parentGroupName, thingGroupProperties: { thingGroupDescription: "d" } }),
  ),
  control("updateGroup", fc.tuple(group, attributes), (rules, name, given) =>
    rules.groups.update(name, { thingGroupProperties: { attributePayload: { attributes: given, merge: true } } }),
  ),
  control("tag", fc.tuple(tagged, fc.constantFrom("a", "b")), (rules, resourceArn, Key) =>
    rules.tags.tag({ resourceArn, tags: [{ Key, Value: "v" }] }),
  ),
  control("untag", fc.tuple(tagged, fc.constantFrom("a", "b")), (rules, resourceArn, key) =>
    rules.tags.untag({ resourceArn, tagKeys: [key] }),
  ),
  control("advanceClock", fc.tuple(fc.constant(minute)), (rules, ms) => rules.clock.advance(ms)),
);

const step = fc.oneof(
  { weight: 6, arbitrary: request },
  { weight: 4, arbitrary: createJob },
  {
    weight: 3,
    arbitrary: control("addThingToThingGroup", fc.tuple(group, thing), (rules, ...names) => rules.addThingToThingGroup(...names)),
  },
  { weight: 3, arbitrary: registry },
  { weight: 3, arbitrary: advance },
  { weight: 4, arbitrary: jobs },
  { weight: 2, arbitrary: executions },
  { weight: 2, arbitrary: others },
  { weight: 3, arbitrary: descriptions },
);

/** So many steps, after a start in which most names are there already. */
export function anySteps(maxLength: number): fc.Arbitrary<Step[]> {
  return fc.array(step, { maxLength, size: "max" });
}

/** Makes the things and groups that most steps need. */
export function prepare({ rules }: KeptRules): void {
  for (const name of things) rules.createThing(name);
  for (const name of groups) {
    rules.createThingGroup(name);
    for (const member of things.slice(0, 1)) rules.addThingToThingGroup(name, member);
  }
}
