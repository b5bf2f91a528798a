/** What an action is: one record from which its types, its check, its documentation and its run all follow. */
import type { Details, Failure, Outcome } from "../failure";
import type { Device } from "../ports";
import type { Task } from "../portable/task";
import type { AnyInput, Fields, Input } from "./input";

/** What a running action sees: the device, and how to tell of its progress. */
/** @noSelf */
export interface Context extends Device {
  /** Tells how far the work is. What AWS gets of it is limited in rate; the last report counts. */
  progress(details: Details): void;
  /** Names of all actions of this device. */
  readonly actionNames: readonly string[];
  /** Why the device is in safe mode, for a person; undefined when it is not. */
  safeMode(): string | undefined;
  /** This device may download over plain http. */
  readonly allowHttp: boolean;
}

/** An end that goes on after a restart: the board restarts, then `resume` is called with `note`. */
/** @noSelf */
export interface Restart {
  readonly ok: "restart";
  readonly note: Details;
  /** What cannot be taken back: done when the journal holds the note and only the restart is left to do. A failure ends the job instead. */
  readonly last: (() => Failure | undefined) | undefined;
}

/** How a run ends. */
export type RunEnd = Outcome | Restart;

/** An action, as a file declares it. `I` is its checked input. */
/** @noSelf */
export interface Behaviour<I> {
  /** The word in the job document, and the name of the file. */
  readonly name: string;
  /** One sentence for a person. */
  readonly summary: string;
  readonly input: Fields;
  /** It is stopped when it takes longer; up to 6,800. */
  readonly budgetSeconds: number;
  /** It is done in safe mode, too: firmware that crashes again and again can still be looked at and replaced. */
  readonly inSafeMode?: true;
  /** Whether this device can do it now. Called while the job is still QUEUED; touches nothing. */
  check?(context: Context, input: I): Failure | undefined;
  /** Does the work, pausing with `yield*`. */
  run(context: Context, input: I): Task<RunEnd>;
  /** Brings the hardware to rest when the run is stopped from outside. */
  stop?(context: Context, input: I): void;
  /** Goes on after the restart that `run` asked for, in what may be another firmware. Called again when the board restarts meanwhile, three times at most: doing it twice must do no harm. */
  resume?(context: Context, note: Details): Task<Outcome>;
}

/** An action in the catalogue. */
export type Action = Behaviour<AnyInput>;

/** Declares an action; its input's type follows from its fields. */
export function defineAction<F extends Fields>(behaviour: Behaviour<Input<F>> & { readonly input: F }): Action {
  return behaviour;
}

/** The end of a run that needs a restart first. */
export function restart(note: Details = {}, last?: () => Failure | undefined): Restart {
  return { ok: "restart", note, last };
}
