/** What every platform's ports must do, as sentences with code. The same text runs under Node and, compiled to Lua, on the board. */
import { runTask, sleep, waitFor, type Task } from "../../src/portable/task";
import type { Bytes, Clock, HttpEnd, Platform } from "../../src/ports";

/** The ports of one platform that has just booted, and what stands around it. */
export interface Subject extends Platform {
  /** Where the web server of the contracts listens, without a slash at the end. */
  readonly web: string;
  /** The same over TLS, with a certificate from the root that the platform was given. */
  readonly trustedWeb: string;
  /** The same over TLS, with a certificate from another root. */
  readonly strangeWeb: string;
  /** Where nobody listens. */
  readonly deadWeb: string;
}

/** One duty of a port. */
/** @noSelf */
export interface Contract {
  readonly sentence: string;
  prove(subject: Subject): Task<void> | undefined;
}

/** A contract that waits for nothing. */
export function atOnce(sentence: string, prove: (subject: Subject) => void): Contract {
  return {
    sentence,
    prove(subject) {
      prove(subject);
      return undefined;
    },
  };
}

/** A contract that waits. */
export function inTime(sentence: string, prove: (subject: Subject) => Task<void>): Contract {
  return { sentence, prove };
}

/** More than the clock of a contract is ever moved on by. */
const longestMs = 90000;

function* whole(contract: Contract, subject: Subject): Task<void> {
  const task = contract.prove(subject);
  if (task !== undefined) yield* task;
}

/** Proves one after the other, in order. `tell` hears each result: the reason, undefined where the contract was kept. */
export function proveAll(
  contracts: readonly Contract[],
  subject: Subject,
  tell: (sentence: string, reason: string | undefined) => void,
  done: () => void,
): void {
  const next = (index: number): void => {
    const contract = contracts[index];
    if (contract === undefined) return done();
    let isTold = false;
    const finish = (reason: string | undefined): void => {
      if (isTold) return;
      isTold = true;
      cancelLimit();
      tell(contract.sentence, reason);
      // From a timer, so that the stack does not grow with the number of contracts.
      subject.clock.after(1, () => next(index + 1));
    };
    const cancelLimit = subject.clock.after(longestMs, () => {
      cancel();
      finish("it did not end in time");
    });
    const cancel = runTask(
      () => whole(contract, subject),
      (end) => finish(end.ok ? undefined : end.error),
    );
  };
  next(0);
}

/** What one download told. */
export interface Download {
  /** `headers`, `data` (once, however often it came) and `end`, in the order they came. */
  readonly order: readonly string[];
  readonly status: number | undefined;
  readonly sizeBytes: number | undefined;
  readonly location: string | undefined;
  /** How many bytes came, their MD5, and the first of them: a board cannot hold them all. */
  readonly receivedBytes: number;
  readonly md5: string;
  readonly beginning: Bytes;
  readonly end: HttpEnd;
  /** It told something before `get` had returned. */
  readonly wasSynchronous: boolean;
}

/** Fetches a whole response. */
export function* download({ hashes, http }: Subject, url: string): Task<Download> {
  return yield* waitFor<Download>((resume) => {
    const order: string[] = [];
    const md5 = hashes.start("md5");
    let beginning = "";
    let receivedBytes = 0;
    let status: number | undefined;
    let sizeBytes: number | undefined;
    let location: string | undefined;
    let isStarting = true;
    let wasSynchronous = false;
    const note = (what: string): void => {
      if (isStarting) wasSynchronous = true;
      if (what !== "data" || order[order.length - 1] !== "data") order.push(what);
    };
    const cancel = http.get(url, {
      headers(theStatus, theSize, theLocation) {
        note("headers");
        status = theStatus;
        sizeBytes = theSize;
        location = theLocation;
      },
      data(chunk) {
        note("data");
        md5.update(chunk);
        receivedBytes += chunk.length;
        if (beginning.length < 64) beginning += chunk.slice(0, 64);
      },
      end(end) {
        note("end");
        resume({ order, status, sizeBytes, location, receivedBytes, md5: md5.hex(), beginning, end, wasSynchronous });
      },
    });
    isStarting = false;
    return cancel;
  });
}

/** Pauses for as long as something that must not happen would take to happen. */
export function* longEnough(clock: Clock): Task<void> {
  yield* sleep(clock, 200);
}

/** Pauses until a condition holds. */
export function* until(clock: Clock, holds: () => boolean): Task<void> {
  while (!holds()) yield* sleep(clock, 20);
}
