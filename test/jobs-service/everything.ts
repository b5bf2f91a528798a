/** All that can be asked of a Jobs service, as one value. */
import type { KeptRules } from "./kept-rules";
import { groups, jobIds, policies, taggable, templates, things, thingTypes } from "./any-calls";

/** The answers to every question that changes nothing. */
export function everything(book: KeptRules): unknown {
  const { rules } = book;
  const ask = (call: () => unknown): unknown => book.outcomeOf(call);
  const device = (thing: string, suffix: string): unknown => ask(() => rules.request(thing, suffix, Buffer.from("{}")));
  return {
    nextDeadlineMs: rules.nextDeadlineMs(),
    nowMs: rules.clock.now(),
    things: ask(() => rules.listThings()),
    jobs: ask(() => rules.listJobs()),
    groups: ask(() => rules.groups.list()),
    templates: [ask(() => rules.templates.list()), ...templates.map((id) => ask(() => rules.templates.describe(id)))],
    thingTypes: [ask(() => rules.thingTypes.list()), ...thingTypes.map((name) => ask(() => rules.thingTypes.describe(name)))],
    tags: taggable.map((arn) => ask(() => rules.tags.list(arn))),
    events: ask(() => rules.events.describe()),
    policies: ask(() => rules.identities.listPolicies()),
    eachJob: jobIds.map((jobId) => ({
      job: ask(() => rules.describeJob(jobId)),
      document: ask(() => rules.jobDocument(jobId)),
      executions: ask(() => rules.executionsForJob(jobId)),
      onThings: things.map((thing) => [
        ...[undefined, 1, 2, 3].map((number) => ask(() => rules.describeExecution(thing, jobId, number))),
        device(thing, `${jobId}/get`),
        device(thing, `namespace-ns/${jobId}/get`),
      ]),
    })),
    eachThing: things.map((thing) => ({
      thing: ask(() => rules.things.describe(thing)),
      groups: ask(() => rules.groups.ofThing(thing)),
      executions: ask(() => rules.executionsForThing(thing)),
      pending: device(thing, "get"),
      next: device(thing, "$next/get"),
      nextOfNamespace: device(thing, "namespace-ns/$next/get"),
    })),
    eachPolicy: policies.map((name) => [
      ask(() => rules.identities.getPolicy(name)),
      ask(() => rules.identities.listPolicyVersions(name)),
      ask(() => rules.identities.listTargetsForPolicy(name)),
    ]),
    eachGroup: groups.map((name) => [
      ask(() => rules.groups.describe(name)),
      ask(() => rules.groups.things(name)),
      ask(() => rules.identities.listAttachedPolicies(`arn:aws:iot:us-east-1:123456789012:thinggroup/${name}`)),
    ]),
  };
}
