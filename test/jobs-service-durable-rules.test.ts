/** A store restored from what was kept is the store that kept it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anySteps, prepare, type Step } from "./jobs-service/any-calls";
import { everything } from "./jobs-service/everything";
import { keptRules, type KeptRules } from "./jobs-service/kept-rules";

/** What a step did, and what the service then says of everything. */
function outcome(book: KeptRules, step: Step): unknown {
  return { step: step.run(book), then: everything(book) };
}

function sameAs(wanted: unknown, found: unknown): void {
  // Comparing text is quick; only a difference needs to be told well.
  if (JSON.stringify(found) !== JSON.stringify(wanted)) expect(found).toEqual(wanted);
}

/** Tells the first part of a story once and the second to two services, of which one was restored between them. */
function tellTwice(before: readonly Step[], after: readonly Step[], isKept?: (key: string) => boolean): void {
  const book = keptRules(isKept === undefined ? {} : { isKept });
  prepare(book);
  for (const step of before) step.run(book);
  const restored = book.restored();
  sameAs(everything(book), everything(restored));
  for (const step of after) sameAs(outcome(book, step), outcome(restored, step));
}

describe("the rules, restored from their records", () => {
  it("know the same after each step of any story", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(anySteps(30), (steps) => {
        const book = keptRules();
        prepare(book);
        for (const step of steps) {
          step.run(book);
          sameAs(everything(book), everything(book.restored()));
        }
      }),
      { numRuns: 50, seed: 7 },
    );
  });

  it("go on with any story as if nothing had happened", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(anySteps(25), anySteps(25), (before, after) => tellTwice(before, after)),
      { numRuns: 60, seed: 8 },
    );
  });

  it("would be found out if they forgot a record of any kind", { timeout: 60_000 }, () => {
    const stories = fc.sample(fc.tuple(anySteps(40), anySteps(40)), { numRuns: 200, seed: 9 });
    const kinds = new Set(stories.slice(0, 50).flatMap(([steps]) => [...kindsKept(steps)]));
    expect([...kinds]).toEqual(expect.arrayContaining(["job", "document", "execution", "thing", "group", "member", "follower", "rollout"]));
    for (const kind of kinds) {
      const isFoundOut = stories.some(([before, after]) => {
        try {
          tellTwice(before, after, (key) => !key.startsWith(`${kind}/`));
          return false;
        } catch {
          return true;
        }
      });
      expect(isFoundOut, `forgetting each ${kind}`).toBe(true);
    }
  });
});

/** The kinds of the records that a story keeps. */
function kindsKept(steps: readonly Step[]): Set<string> {
  const kinds = new Set<string>();
  const book = keptRules();
  prepare(book);
  for (const step of steps) {
    step.run(book);
    for (const key of book.records.keys()) kinds.add(key.slice(0, key.indexOf("/")));
  }
  return kinds;
}
