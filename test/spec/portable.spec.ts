/** The small helpers that both worlds lean on. */
import { backoffMs } from "../../src/portable/backoff";
import { encodeObject, quoted } from "../../src/portable/json";
import { sortedKeys } from "../../src/portable/keys";
import { runTask, sleep, waitFor, type Task } from "../../src/portable/task";
import { jsonReader } from "./json-reader";
import { equal, type Spec } from "./spec";
import { virtualDevice } from "./virtual-device";

export const spec: Spec = {
  "writes JSON in the order of the names, without absent members": () => {
    equal(
      encodeObject({ z: "1", a: 2, gone: undefined, yes: true, no: false, inner: { b: "x", a: "" }, empty: {} }),
      '{"a":2,"empty":{},"inner":{"a":"","b":"x"},"no":false,"yes":true,"z":"1"}',
    );
  },
  "escapes what JSON must have escaped, and reads it back": () => {
    const nasty = `quote " backslash \\ newline \n tab \t nul ${String.fromCharCode(0)} escape ${String.fromCharCode(27)} delete ${String.fromCharCode(127)} end`;
    equal(quoted('a"b\\c\nd'), '"a\\"b\\\\c\\nd"');
    equal(quoted(String.fromCharCode(1, 31, 127)), '"\\u0001\\u001f\\u007f"');
    equal(jsonReader.decode(encodeObject({ nasty })), { nasty });
  },
  "sorts keys": () => {
    equal(sortedKeys({ b: 1, a: 1, c: 1, B: 1, "10": 1 }).join(""), "10Babc");
    equal(sortedKeys({}), []);
  },
  "doubles the pause up to the longest": () => {
    const pauses: number[] = [];
    for (let tries = 0; tries < 8; tries++) pauses.push(backoffMs(tries, 10000, 600000));
    equal(pauses, [10000, 20000, 40000, 80000, 160000, 320000, 600000, 600000]);
    equal(backoffMs(1000000, 10000, 600000), 600000);
  },
  "runs a task in the order of its waits, and hands values out of nested tasks": () => {
    const device = virtualDevice();
    const log: string[] = [];
    function* inner(): Task<string> {
      yield* sleep(device.clock, 10);
      return yield* waitFor<string>((resume) => device.clock.after(5, () => resume("late")));
    }
    function* outer(): Task<string> {
      log.push("begin");
      const first = yield* inner();
      log.push(first);
      const second = yield* inner();
      return `${first} ${second}`;
    }
    runTask(outer, (end) => log.push(end.ok ? end.value : "failed"));
    equal(log, ["begin"]);
    device.advance(15);
    equal(log, ["begin", "late"]);
    device.advance(15);
    equal(log, ["begin", "late", "late late"]);
  },
  "takes waits that end at once without losing its place": () => {
    const log: number[] = [];
    function* many(): Task<number> {
      let sum = 0;
      for (let n = 0; n < 1000; n++) {
        sum += yield* waitFor<number>((resume) => {
          resume(1);
          return () => undefined;
        });
      }
      return sum;
    }
    runTask(many, (end) => log.push(end.ok ? end.value : 0));
    equal(log, [1000]);
  },
  "hears nothing of a cancelled task, and stops its wait": () => {
    const device = virtualDevice();
    const log: string[] = [];
    function* waiting(): Task<void> {
      yield () => () => log.push("wait stopped");
      log.push("went on");
    }
    const cancel = runTask(waiting, () => log.push("done"));
    cancel();
    cancel();
    device.advance(1000);
    equal(log, ["wait stopped"]);
  },
  "tells what a task threw, from any depth": () => {
    const device = virtualDevice();
    const log: string[] = [];
    function* inner(): Task<void> {
      yield* sleep(device.clock, 10);
      throw "inner trouble";
    }
    function* outer(): Task<void> {
      yield* inner();
    }
    runTask(outer, (end) => log.push(end.ok ? "fine" : end.error));
    device.advance(10);
    equal(log.length, 1);
    equal((log[0] ?? "").slice(-13), "inner trouble");
  },
  "tells what was thrown while a task was made, or while it began to wait": () => {
    const broken: (() => Task<void>)[] = [
      () => {
        throw "trouble";
      },
      function* () {
        yield () => {
          throw "trouble";
        };
      },
    ];
    for (const make of broken) {
      const log: string[] = [];
      runTask(make, (end) => log.push(end.ok ? "fine" : end.error));
      equal(log.length, 1);
      equal((log[0] ?? "").slice(-7), "trouble");
    }
  },
};
