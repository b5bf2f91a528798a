import { equal, ok, show } from "../spec/spec";
import { atOnce, type Contract } from "./contract";

/** What the rest of the board owes. Restarts are the business of other tests. */
export const systemContracts: readonly Contract[] = [
  atOnce("there is free memory, in whole bytes", ({ system }) => {
    const free = system.freeBytes();
    ok(free > 0 && free === Math.floor(free), `it says ${show(free)}`);
  }),
  atOnce("the reason for the boot is one of those the ports name", ({ system }) => {
    const reason = system.bootReason();
    ok(["power", "restart", "watchdog", "crash", "rollback", "unknown"].includes(reason), `it says ${reason}`);
  }),
  atOnce("crashes in a row are counted, and can be forgotten", ({ system }) => {
    const before = system.crashes();
    ok(before >= 0 && before === Math.floor(before), `it says ${show(before)}`);
    system.forgetCrashes();
    equal(system.crashes(), 0);
  }),
  atOnce("random integers are whole, in range, and not always the same", ({ system }) => {
    for (const below of [1, 2, 10, 1000, 16777216]) {
      for (let n = 0; n < 50; n++) {
        const drawn = system.random(below);
        ok(drawn >= 0 && drawn < below && drawn === Math.floor(drawn), `${show(drawn)} is not below ${show(below)}`);
      }
    }
    const seen: Record<string, boolean> = {};
    for (let n = 0; n < 100; n++) seen[show(system.random(4))] = true;
    equal(Object.keys(seen).length, 4);
  }),
  atOnce("a line for the console is taken, whatever is in it", ({ system }) => {
    for (const line of ["", "a line", "%d %s \\ \"'"]) system.log(line);
  }),
  atOnce("its limits are phrases", ({ system }) => {
    for (const limit of system.limits) ok(limit.length > 0 && !limit.includes("\n"), show(limit));
  }),
];
