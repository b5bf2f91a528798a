/** Calls of the rulebook with arguments that nobody checked. */
import fc from "fast-check";
import type { Rules } from "../../tools/jobs-service/rules";
import { bodies, type BodyName } from "./bodies";
import { hostile, hostileText, known, spoilt } from "./hostile";

/** One call; the name and the arguments show in a counterexample. */
export interface RuleCall {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly run: (rules: Rules) => unknown;
}

type Body = Readonly<Record<string, unknown>>;
type Details = Readonly<Record<string, string>>;

const nameOf = (good: string): fc.Arbitrary<string> => fc.oneof({ weight: 4, arbitrary: fc.constant(good) }, hostileText);
const bodyOf = (name: BodyName): fc.Arbitrary<Body> =>
  // An own member may be called __proto__, as it may in what JSON.parse reads.
  spoilt(bodies[name]).map((value) => (typeof value === "object" && value !== null && !Array.isArray(value) ? value : {}) as Body);

function call<Args extends unknown[]>(name: string, args: fc.Arbitrary<Args>, run: (rules: Rules, ...args: Args) => unknown) {
  return args.map((given): RuleCall => ({ name, args: given, run: (rules) => run(rules, ...given) }));
}

function named(
  name: string,
  good: string,
  body: BodyName,
  run: (rules: Rules, name: string, body: Body) => unknown,
): fc.Arbitrary<RuleCall> {
  return call(name, fc.tuple(nameOf(good), bodyOf(body)), run);
}

const flag = fc.boolean();
const suffix = fc.oneof(
  fc.constantFrom("get", "start-next", "$next/get", "$next/update", "j1/get", "j1/update", "j1/namespace-ns/update", "j1/namespace-ns/get"),
  fc.array(nameOf("get"), { maxLength: 4 }).map((parts) => parts.join("/")),
);
const payload = fc.oneof(
  fc.oneof(bodyOf("update"), bodyOf("startNext"), bodyOf("get"), hostile).map((value) => Buffer.from(JSON.stringify(value))),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(
      '{"status":"IN_PROGRESS","status":{}}',
      '\ufeff{"status":"FAILED"}',
      `{"status":${"[".repeat(60_000)}${"]".repeat(60_000)}}`,
    )
    .map((text) => Buffer.from(text)),
);
const operation = fc.oneof(
  fc.constantFrom({ operation: "get-pending" } as const, { operation: "start-next" } as const, { operation: "unknown" } as const),
  fc
    .tuple(fc.constantFrom("describe" as const, "update" as const), nameOf(known.job), fc.constantFrom("", "ns", "__proto__"))
    .map(([kind, jobId, namespace]) => ({ operation: kind, jobId, namespace })),
);
const page = fc.record({ maxResults: fc.constantFrom(-1, 0, 1, 0.5, 250, 251, NaN), nextToken: hostileText }, { requiredKeys: [] });

const device = fc.oneof(
  call("request", fc.tuple(nameOf(known.thing), suffix, payload), (rules, thing, after, bytes) => rules.request(thing, after, bytes)),
  call(
    "perform",
    fc.tuple(nameOf(known.thing), operation, fc.oneof(bodyOf("update"), bodyOf("startNext"), bodyOf("get"))),
    (rules, thing, wanted, body) => rules.perform(thing, wanted, body),
  ),
);

const jobs = fc.oneof(
  named("createJob", "j2", "createJob", (rules, jobId, body) => rules.createJob({ ...body, jobId } as never)),
  named("createJob", "j2", "jobFromTemplate", (rules, jobId, body) => rules.createJob({ ...body, jobId } as never)),
  named("updateJob", known.job, "updateJob", (rules, jobId, body) => rules.updateJob(jobId, body)),
  call("associateTargetsWithJob", fc.tuple(nameOf(known.job), fc.array(hostileText, { maxLength: 3 })), (rules, ...args) =>
    rules.associateTargetsWithJob(...args),
  ),
  call("cancelJob", fc.tuple(nameOf(known.job), flag), (rules, jobId, force) => rules.cancelJob(jobId, { force })),
  call("deleteJob", fc.tuple(nameOf(known.job), flag), (rules, ...args) => rules.deleteJob(...args)),
  call("listJobs", fc.tuple(page, hostileText), (rules, cut, status) => rules.listJobs({ ...cut, status })),
  call(
    "cancelExecution",
    fc.tuple(nameOf(known.thing), nameOf(known.job), fc.constantFrom(undefined, 1, 7), bodyOf("cancelExecution")),
    (rules, thing, jobId, expectedVersion, { statusDetails }) =>
      // HTTP hands on a number, and whatever object there is.
      rules.cancelExecution(thing, jobId, {
        ...(expectedVersion !== undefined && { expectedVersion }),
        statusDetails: statusDetails as Details,
      }),
  ),
  call("deleteExecution", fc.tuple(nameOf(known.thing), nameOf(known.job), fc.constantFrom(undefined, 1, 2, -1), flag), (rules, ...args) =>
    rules.deleteExecution(...args),
  ),
);

const registry = fc.oneof(
  named("things.create", "t3", "thing", (rules, name, body) => rules.things.create(name, body)),
  named("things.update", known.thing, "thing", (rules, name, body) => rules.things.update(name, body)),
  call("things.list", fc.tuple(page), (rules, cut) => rules.things.list(cut)),
  named("groups.create", "g4", "group", (rules, name, body) => rules.groups.create(name, body)),
  named("groups.update", known.group, "updateGroup", (rules, name, body) => rules.groups.update(name, body)),
  call("groups.updateForThing", fc.tuple(bodyOf("memberships")), (rules, body) => rules.groups.updateForThing(body)),
  call("groups.list", fc.tuple(page, hostileText), (rules, cut, parentGroup) => rules.groups.list({ ...cut, parentGroup })),
  call("addThingToThingGroup", fc.tuple(nameOf(known.group), nameOf(known.thing)), (rules, ...args) => rules.addThingToThingGroup(...args)),
  named("thingTypes.create", "type-2", "thingType", (rules, name, body) => rules.thingTypes.create(name, body)),
  named("thingTypes.update", known.thingType, "thingType", (rules, name, body) => rules.thingTypes.update(name, body)),
  named("templates.create", "template-2", "template", (rules, name, body) => rules.templates.create(name, body)),
  call("tags.tag", fc.tuple(bodyOf("tag")), (rules, body) => rules.tags.tag(body)),
  call("tags.untag", fc.tuple(bodyOf("untag")), (rules, body) => rules.tags.untag(body)),
  call("events.update", fc.tuple(bodyOf("events")), (rules, body) => rules.events.update(body)),
);

const identities = fc.oneof(
  named("createPolicy", "p2", "policy", ({ identities: all }, name, body) => all.createPolicy(name, body["policyDocument"])),
  named("createPolicyVersion", known.policy, "policy", ({ identities: all }, name, body) =>
    all.createPolicyVersion(name, body["policyDocument"], true),
  ),
  call("setDefaultPolicyVersion", fc.tuple(nameOf(known.policy), nameOf("1")), ({ identities: all }, ...args) =>
    all.setDefaultPolicyVersion(...args),
  ),
  call("attachPolicy", fc.tuple(nameOf(known.policy), hostileText), ({ identities: all }, ...args) => all.attachPolicy(...args)),
  call("detachPolicy", fc.tuple(nameOf(known.policy), hostileText), ({ identities: all }, ...args) => all.detachPolicy(...args)),
  call("attachThingPrincipal", fc.tuple(nameOf(known.thing), hostileText, hostileText), ({ identities: all }, ...args) =>
    all.attachThingPrincipal(...args),
  ),
  call("registerCertificate", fc.tuple(hostileText, hostileText), ({ identities: all }, certificatePem, status) =>
    all.registerCertificate({ certificatePem, status }),
  ),
  call("mayDo", fc.tuple(hostileText, hostileText), ({ identities: all }, clientId, resource) =>
    all.mayDo({ certificateId: "0", clientId }, { actions: ["iot:Publish"], resources: [resource] }),
  ),
  call("faults.add", fc.tuple(bodyOf("fault")), ({ faults }, body) => {
    faults.add(body);
    faults.clear(); // What is refused on request is another test's concern.
  }),
  call("clock.advance", fc.tuple(fc.constantFrom(-1, NaN, 0.5, 1, 60_000, Infinity)), ({ clock }, ms) => clock.advance(ms)),
);

/** Any call of the rulebook, sound or not. */
export const ruleCall: fc.Arbitrary<RuleCall> = fc.oneof(
  { weight: 3, arbitrary: device },
  { weight: 4, arbitrary: jobs },
  { weight: 4, arbitrary: registry },
  { weight: 2, arbitrary: identities },
);
