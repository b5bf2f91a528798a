/** Rules on a clock that only the test moves, whose records are kept as JSON: a store restored from them can be had at any moment. */
import type { Message, Rules } from "../../tools/jobs-service/rules";
import { createRules } from "../../tools/jobs-service/rules";
import type { Changes } from "../../tools/jobs-service/rules/changes";
import { ControlRefusal } from "../../tools/jobs-service/rules";

/** Records by key, as they would be on disk. */
export type Records = ReadonlyMap<string, string>;

export interface KeptRules {
  readonly rules: Rules;
  readonly records: Records;
  /** Rules made from the records alone, at the same moment. */
  restored(): KeptRules;
  /** Moves the clock on, stopping at each deadline on the way. */
  advance(ms: number): void;
  /** Runs one call and tells all that came of it: the result or refusal, and what was said, in order for each topic. */
  outcomeOf(call: (rules: Rules) => unknown): unknown;
}

interface Start {
  readonly records?: Records;
  readonly nowMs?: number;
  readonly ids?: number;
  /** False for a record that a forgetful service would not have kept. */
  readonly isKept?: (key: string) => boolean;
}

export function keptRules({ records: given = new Map(), nowMs = 1_700_000_000_000, ids = 0, isKept = () => true }: Start = {}): KeptRules {
  const records = new Map(given);
  const said: Message[] = [];
  let now = nowMs;
  let made = ids;
  const rules = createRules({
    now: () => now,
    deliver: (messages) => said.push(...messages),
    presign: (url) => `${url}?signed`,
    newId: () => `00000000-0000-4000-8000-${String(++made).padStart(12, "0")}`,
    broken: (error) => {
      throw error;
    },
    restored: Array.from(records, ([key, record]) => [key, JSON.parse(record) as unknown] as const),
    commit(changes: Changes) {
      for (const [key, record] of changes) {
        if (!isKept(key)) continue;
        if (record === undefined) records.delete(key);
        else records.set(key, JSON.stringify(record()));
      }
    },
  });

  function heard(): Message[] {
    // Lists of different things and namespaces are told of in any order.
    return said.splice(0).sort((one, other) => (one.topic < other.topic ? -1 : one.topic > other.topic ? 1 : 0));
  }

  return {
    rules,
    records,
    restored: () => keptRules({ records, nowMs: now, ids: made }),
    advance(ms) {
      const endMs = now + ms;
      // The service's own clock may have been moved on.
      for (let due = rules.nextDeadlineMs(); due !== undefined; due = rules.nextDeadlineMs()) {
        const dueMs = due - rules.clock.offsetMs();
        if (dueMs > endMs) break;
        now = Math.max(now, dueMs);
        rules.expireDue();
      }
      now = endMs;
    },
    outcomeOf(call) {
      let result: unknown;
      try {
        result = call(rules);
      } catch (error) {
        if (!(error instanceof ControlRefusal)) throw error;
        result = { refused: error.name, message: error.message };
      }
      return { result: JSON.parse(JSON.stringify(result ?? null)) as unknown, heard: heard() };
    },
  };
}
