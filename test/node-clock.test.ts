/** The clock of a Node agent, beyond what every platform owes. */
import { expect, test } from "vitest";
import { nodeClock } from "../src/platform/node/clock";
import { VirtualTime } from "../tools/time";

test("a restart leaves no timer behind", () => {
  const time = new VirtualTime();
  const clock = nodeClock(time, (tell) => tell());
  const fired: string[] = [];
  clock.after(10, () => fired.push("before"));
  clock.after(20, () => fired.push("after"));
  time.advance(10);
  clock.stop();
  expect(time.untilNext()).toBeUndefined();
  expect(fired).toEqual(["before"]);
});

test("seconds follow the uptime of the computer, whatever happens to the time of day", () => {
  let [nowMs, uptimeMs] = [1_700_000_000_000, 5_000];
  const clock = nodeClock({ now: () => nowMs, uptimeMs: () => uptimeMs, after: () => () => undefined }, (tell) => tell());
  nowMs -= 3_600_000; // a person, or NTP, sets the clock back
  uptimeMs += 2_500;
  expect(clock.seconds()).toBe(2);
  expect(clock.epochSeconds()).toBe(1_699_996_400);
});
