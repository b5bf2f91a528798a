/** The rulebook, called with whatever there is. `FUZZ_FACTOR` calls it more often, `SEED` differently. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { ControlRefusal, DeviceRefusal } from "../tools/jobs-service/rules";
import { bodies } from "./fuzz-service/bodies";
import { arn, known, patienceMs, runs } from "./fuzz-service/hostile";
import { ruleCall, type RuleCall } from "./fuzz-service/rule-calls";
import { everything } from "./jobs-service/everything";
import { keptRules, type KeptRules } from "./jobs-service/kept-rules";

function prepared(): KeptRules {
  const book = keptRules();
  const { rules } = book;
  rules.thingTypes.create(known.thingType, {});
  for (const name of [known.thing, "t2"]) rules.createThing(name);
  for (const name of [known.group, "g2", "g3"]) rules.createThingGroup(name);
  rules.groups.create("g1-below", { parentGroupName: known.group });
  for (const name of ["g3", "g1-below"]) rules.addThingToThingGroup(name, known.thing);
  rules.identities.createPolicy(known.policy, bodies.policy.policyDocument);
  rules.templates.create(known.template, { description: "d", document: "{}" });
  rules.createJob({ jobId: known.job, targets: [arn("thing", known.thing)], document: '{"action":"blink"}' });
  return book;
}

/** What came of a call: undefined when it was carried out. Whatever else is thrown is a bug. */
function refusalOf({ run }: RuleCall, { rules }: KeptRules): string | undefined {
  try {
    const result = run(rules);
    const topic = (result as { reply?: { topic?: string } } | undefined)?.reply?.topic;
    return topic?.endsWith("/rejected") === true ? topic : undefined;
  } catch (error) {
    if (error instanceof ControlRefusal || error instanceof DeviceRefusal) return error.message;
    throw error;
  }
}

/** All that is on record, all that can be asked, and what was said meanwhile. */
function stateOf(book: KeptRules): unknown {
  return { said: book.outcomeOf(() => null), records: [...book.records], views: JSON.stringify(everything(book)) };
}

it(
  "the rules refuse in AWS's words or carry out, change nothing when they refuse, and keep all that they changed",
  { timeout: patienceMs },
  () => {
    let refused = 0;
    let done = 0;
    fc.assert(
      fc.property(fc.array(ruleCall, { minLength: 1, maxLength: 12, size: "max" }), (calls) => {
        const book = prepared();
        for (const call of calls) {
          book.outcomeOf(() => null); // What was said before.
          const before = stateOf(book);
          if (refusalOf(call, book) === undefined) done++;
          else {
            refused++;
            expect(stateOf(book)).toEqual(before);
          }
        }
        book.outcomeOf(() => null);
        expect(everything(book.restored())).toEqual(everything(book));
      }),
      runs(250),
    );
    // A fuzz that is refused at the door would find nothing.
    expect(Math.min(refused, done)).toBeGreaterThan(200);
  },
);

it("a move between groups that is refused leaves the thing where it was", () => {
  const book = prepared();
  const move = { thingName: known.thing, thingGroupsToRemove: ["g3"], thingGroupsToAdd: [known.group] };
  expect(() => book.rules.groups.updateForThing(move)).toThrow(/same hierarchy/);
  expect(book.rules.groups.ofThing(known.thing).thingGroups.map(({ groupName }) => groupName)).toEqual(["g3", "g1-below"]);
  const swap = { thingName: known.thing, thingGroupsToRemove: ["g1-below"], thingGroupsToAdd: [known.group] };
  book.rules.groups.updateForThing(swap);
  expect(book.rules.groups.ofThing(known.thing).thingGroups.map(({ groupName }) => groupName)).toEqual(["g3", known.group]);
});

it.each([
  ["1000 levels are taken and delivered", 1000, true],
  ["1001 levels are no document", 1001, false],
] as const)("of a job document %s", (_what, depth, isTaken) => {
  const { rules } = prepared();
  const document = "[".repeat(depth) + "]".repeat(depth);
  const create = (): unknown => rules.createJob({ jobId: "deep", targets: [arn("thing", "t2")], document });
  if (!isTaken) return expect(create).toThrow(/not valid JSON/);
  create();
  const { reply } = rules.request("t2", "$next/get", Buffer.from("{}"));
  expect(reply.payload).toContain(document);
});
