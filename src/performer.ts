/** Runs one action at a time: within its time budget, with an end for every way it can go, and its hardware brought to rest when it is cut short. */
import type { Action, Context, RunEnd } from "./actions/action";
import type { AnyInput } from "./actions/input";
import { failed, type Details, type Failure } from "./failure";
import type { Cancel } from "./ports";
import { errorOf } from "./portable/error";
import { text } from "./portable/integers";
import { runTask, type Task } from "./portable/task";

/** @noSelf */
export interface Performer {
  /** Why the action will not run with this input; undefined when it will. */
  check(action: Action, input: AnyInput): Failure | undefined;
  run(action: Action, input: AnyInput): void;
  /** Goes on after a restart. */
  resume(action: Action, note: Details): void;
  /** Stops what runs; it gives no end any more. */
  halt(): void;
}

/** `ended` is called once for each run and resume that is not halted. */
export function createPerformer(context: Context, ended: (end: RunEnd) => void): Performer {
  let halt: Cancel | undefined;

  function start(action: Action, make: () => Task<RunEnd>, rest: () => void): void {
    let over = false;
    let cancelTask: Cancel | undefined;
    function finish(end: RunEnd): void {
      if (over) return;
      over = true;
      halt = undefined;
      cancelBudget();
      ended(end);
    }
    function cut(): void {
      over = true;
      halt = undefined;
      cancelBudget();
      if (cancelTask !== undefined) cancelTask();
      rest();
    }
    const cancelBudget = context.clock.after(action.budgetSeconds * 1000, () => {
      cut();
      ended(failed("TIMED_OUT", `${action.name} took longer than ${text(action.budgetSeconds)} s and was stopped`));
    });
    halt = cut;
    cancelTask = runTask(make, (end) => {
      if (end.ok) return finish(end.value);
      rest();
      finish(failed("ACTION_CRASHED", `${action.name} stopped with an error: ${end.error}`));
    });
  }

  // What an action does to come to rest may fail like the rest of it.
  function restOf(action: Action, input: AnyInput): () => void {
    return () => {
      const error = errorOf(() => {
        if (action.stop !== undefined) action.stop(context, input);
      });
      if (error !== undefined) context.system.log(`${action.name} could not be brought to rest: ${error}`);
    };
  }

  return {
    check(action, input) {
      let refusal: Failure | undefined;
      const error = errorOf(() => {
        if (action.check !== undefined) refusal = action.check(context, input);
      });
      return error === undefined ? refusal : failed("ACTION_CRASHED", `the check of ${action.name} stopped with an error: ${error}`);
    },
    run: (action, input) => start(action, () => action.run(context, input), restOf(action, input)),
    resume(action, note) {
      const { resume } = action;
      if (resume === undefined) return ended(failed("INTERRUPTED", `this firmware cannot go on with ${action.name} after a restart`));
      const goOn = (): Task<RunEnd> => resume(context, note);
      start(action, goOn, () => undefined);
    },
    halt() {
      if (halt !== undefined) halt();
    },
  };
}
