/** What jobs ask for here: work that takes some time, goes well or badly, and leaves a mark for each time it was done. */
import { defineAction, restart, type Action } from "../../src/actions/action";
import { failed, succeeded } from "../../src/failure";
import { sleep } from "../../src/portable/task";

/** How work goes. `fly` is an action that the device does not have. */
export const ways = ["good", "restart", "refuse", "throw", "fly"] as const;

/** What a job asks for. Beyond `budgetSeconds` the device stops it. */
export interface Work {
  readonly way: (typeof ways)[number];
  readonly workMs: number;
}

export const budgetSeconds = 60;

/** The marks that work leaves, by its id. */
export interface Marks {
  readonly runs: Map<string, number>;
  /** Goings-on after a restart that the journal could hold: without flash nobody can count them. */
  readonly resumes: Map<string, number>;
  readonly done: Set<string>;
}

export function newMarks(): Marks {
  return { runs: new Map(), resumes: new Map(), done: new Set() };
}

/** The job document of one execution. */
export function documentOf(id: string, { way, workMs }: Work): string {
  return way === "fly" ? `{"action":"fly","id":"${id}"}` : `{"action":"work","id":"${id}","workMs":${workMs},"way":"${way}"}`;
}

// What no action should say: AWS would refuse it, and with it the whole report.
const illegal: Record<string, string> = { empty: "", control: "a\nb\u0000", foreign: "Größe 🎈", long: "x".repeat(3000) };
for (let n = 0; n < 12; n++) illegal[`more${n}`] = "y".repeat(300);

function add(counts: Map<string, number>, id: string): void {
  counts.set(id, (counts.get(id) ?? 0) + 1);
}

/** The action that does the work. `started` is told of each run, `flashWorks` says whether the journal can be written. */
export function workAction(marks: Marks, started: (id: string) => void, flashWorks: () => boolean): Action {
  const text = { kind: "text", min: 1, max: 99, about: "what" } as const;
  return defineAction({
    name: "work",
    summary: "Leave marks.",
    input: { id: text, way: text, workMs: { kind: "integer", min: 0, max: 1_000_000, about: "how long" } },
    budgetSeconds,
    *run({ clock, progress }, { id, way, workMs }) {
      add(marks.runs, id);
      started(id);
      if (way === "throw") throw new Error(illegal["control"]);
      for (let leftMs = workMs; leftMs > 0; leftMs -= 3000) {
        progress({ ...illegal, left: `${leftMs}` });
        yield* sleep(clock, Math.min(3000, leftMs));
      }
      if (way === "refuse") return failed("UNSUPPORTED", "no\tway");
      if (way === "restart") return restart({ id, workMs: `${workMs}` });
      marks.done.add(id);
      return succeeded({ ...illegal, id });
    },
    *resume({ clock }, { id = "", workMs }) {
      if (flashWorks()) add(marks.resumes, id);
      yield* sleep(clock, 1000 + Number(workMs));
      marks.done.add(id);
      return succeeded({ id });
    },
  });
}
