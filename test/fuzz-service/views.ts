/** What a running service shows of itself: to be the same before and after whatever it refuses. */
import type { JobsService } from "../../tools/jobs-service";

/** Everything that can be listed, and each of it by name, as text. */
export function viewsOf({ rules }: Pick<JobsService, "rules">): string {
  const { identities, groups, thingTypes, templates } = rules;
  const things = rules.listThings().things.map(({ thingName }) => thingName);
  return JSON.stringify([
    rules.clock.now(),
    rules.events.describe(),
    rules
      .listJobs()
      .jobs.map(({ jobId, jobArn }) => [
        rules.describeJob(jobId),
        rules.jobDocument(jobId),
        rules.executionsForJob(jobId),
        rules.tags.list(jobArn),
        things
          .filter((name) => rules.executionsForThing(name, { jobId }).executionSummaries.length > 0)
          .map((name) => rules.describeExecution(name, jobId)),
      ]),
    things.map((name) => [rules.things.describe(name), groups.ofThing(name), identities.listThingPrincipals(name)]),
    groups
      .list()
      .thingGroups.map(({ groupName, groupArn }) => [
        groups.describe(groupName),
        groups.things(groupName),
        rules.tags.list(groupArn),
        identities.listAttachedPolicies(groupArn),
      ]),
    thingTypes.list(),
    templates.list().jobTemplates.map(({ jobTemplateId }) => templates.describe(jobTemplateId)),
    identities.listPolicies().map(({ policyName }) => [identities.getPolicy(policyName), identities.listPolicyVersions(policyName)]),
    identities.listCertificates(),
  ]);
}
