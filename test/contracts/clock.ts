import { sleep, type Task } from "../../src/portable/task";
import { equal, ok } from "../spec/spec";
import { download, inTime, longEnough, until, type Contract, type Subject } from "./contract";

/** What the clock owes. */
export const clockContracts: readonly Contract[] = [
  inTime("a timer fires once, after the call that set it has returned", function* ({ clock }): Task<void> {
    let fired = 0;
    clock.after(1, () => fired++);
    equal(fired, 0);
    yield* longEnough(clock);
    equal(fired, 1);
  }),
  inTime("timers fire in the order of their times, whatever the order of their making", function* ({ clock }): Task<void> {
    const fired: string[] = [];
    clock.after(120, () => fired.push("third"));
    clock.after(20, () => fired.push("first"));
    clock.after(70, () => fired.push("second"));
    yield* until(clock, () => fired.length === 3);
    equal(fired, ["first", "second", "third"]);
  }),
  inTime("a cancelled timer does not fire, and cancelling again or too late does nothing", function* ({ clock }): Task<void> {
    let fired = 0;
    const cancel = clock.after(30, () => fired++);
    cancel();
    cancel();
    const cancelLate = clock.after(30, () => fired++);
    yield* longEnough(clock);
    cancelLate();
    cancelLate();
    yield* longEnough(clock);
    equal(fired, 1);
  }),
  inTime("a timer may cancel another and set new ones when it fires", function* ({ clock }): Task<void> {
    const fired: string[] = [];
    const cancel = clock.after(60, () => fired.push("cancelled"));
    clock.after(20, () => {
      cancel();
      clock.after(1, () => fired.push("set while firing"));
    });
    yield* longEnough(clock);
    equal(fired, ["set while firing"]);
  }),
  inTime("the shortest and the longest delays are taken", function* ({ clock }): Task<void> {
    let fired = 0;
    const cancel = clock.after(6870947, () => fired++);
    clock.after(1, () => fired++);
    yield* longEnough(clock);
    cancel();
    equal(fired, 1);
  }),
  inTime("whole seconds count from the boot, and never go back", function* (subject: Subject): Task<void> {
    const { clock } = subject;
    const before = clock.seconds();
    ok(before >= 0 && before < 600, "it starts near zero");
    equal(before, Math.floor(before));
    // The server moves the clock of this world on by five seconds.
    yield* download(subject, `${subject.web}/later`);
    yield* sleep(clock, 20);
    const passed = clock.seconds() - before;
    ok(passed >= 5 && passed <= 8, "five seconds are five seconds");
  }),
  inTime("the time of day is unknown or after 2020, and goes on with the seconds", function* (subject: Subject): Task<void> {
    const { clock } = subject;
    const before = clock.epochSeconds();
    if (before === undefined) return;
    ok(before > 1600000000, "it is after 2020");
    yield* download(subject, `${subject.web}/later`);
    yield* sleep(clock, 20);
    const passed = (clock.epochSeconds() ?? 0) - before;
    ok(passed >= 4 && passed <= 8, "five seconds are five seconds");
  }),
];
