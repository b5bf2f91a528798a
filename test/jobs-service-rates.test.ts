/** Quotas per second: off unless switched on, and then what AWS answers. */
import { describe, expect, it } from "vitest";
import { keepAliveSeconds } from "../tools/jobs-service/rules/limits";
import { borrow, bucket, take } from "../tools/jobs-service/rules/rates";
import { openRulebook, thing } from "./jobs-service/rulebook";

const limited = () => openRulebook({}, { rateLimits: true });

/** How many of so many calls are let through. */
function passing(times: number, call: () => boolean): number {
  return Array.from({ length: times }, call).filter(Boolean).length;
}

describe("a bucket of tokens", () => {
  it("holds what comes back in a second, and no more however long one waits", () => {
    const one = bucket(10, 0);
    expect(passing(15, () => take(one, 0))).toBe(10);
    expect(passing(15, () => take(one, 250))).toBe(2);
    expect(passing(15, () => take(one, 300))).toBe(1);
    expect(passing(15, () => take(one, 60_000))).toBe(10);
  });

  it("does not lose its tokens to a clock that goes back", () => {
    const one = bucket(10, 1000);
    expect(passing(15, () => take(one, 0))).toBe(10);
    expect(passing(15, () => take(one, 1000))).toBe(0);
    expect(passing(15, () => take(one, 1100))).toBe(1);
  });

  it("tells how long what was borrowed takes to come back", () => {
    const one = bucket(1000, 0);
    expect(borrow(one, 0, 1000)).toBe(0);
    expect(borrow(one, 0, 500)).toBe(500);
    expect(borrow(one, 250, 1)).toBe(251);
    expect(borrow(one, 2000, 1)).toBe(0);
  });
});

describe("with the switch on", () => {
  it.each([
    ["200 reads", "get", "j1/get"],
    ["200 writes", "start-next", "j1/update"],
  ])("the account has %s a second, whatever their operation", (_what, one, other) => {
    const book = limited();
    book.create("j1");
    const body = other.endsWith("update") ? { status: "IN_PROGRESS" } : {};
    let turns = 0;
    const accepted = passing(205, () => book.ask(turns++ % 2 === 0 ? one : other, body)["verdict"] === "accepted");
    expect(accepted).toBe(200);
    expect(book.ask(other, { ...body, clientToken: "t" })).toEqual({
      verdict: "rejected",
      code: "RequestThrottled",
      message: "Rate exceeded",
      clientToken: "t",
      timestamp: 1_700_000_000,
    });
    book.time.advance(5);
    expect(book.ask(other, body)["verdict"]).toBe("accepted");
    expect(book.ask(other, body)["verdict"]).toBe("rejected");
  });

  it("reads and writes are counted apart, things together", () => {
    const book = limited();
    book.rules.createThing("lamp-02");
    expect(passing(200, () => book.ask("get")["verdict"] === "accepted")).toBe(200);
    expect(() => book.rules.perform("lamp-02", { operation: "get-pending" }, {})).toThrow("Rate exceeded");
    expect(book.rules.perform("lamp-02", { operation: "start-next" }, {})).toEqual({});
  });

  it("an operation of the control plane may be called 10 times a second", () => {
    const { rules, time } = limited();
    const call = (operation: string) => (): boolean => {
      try {
        rules.rates.control(operation);
        return true;
      } catch (error) {
        expect(error).toMatchObject({ name: "ThrottlingException", status: 400, message: "Rate exceeded" });
        return false;
      }
    };
    expect(passing(12, call("PUT /jobs/:jobId"))).toBe(10);
    expect(passing(12, call("GET /jobs"))).toBe(10);
    time.advance(100);
    expect(passing(12, call("GET /jobs"))).toBe(1);
  });

  it("a client id may connect once a second, others meanwhile", () => {
    const { rules, time } = limited();
    expect([rules.rates.mayConnect(thing), rules.rates.mayConnect(thing), rules.rates.mayConnect("lamp-02")]).toEqual([true, false, true]);
    time.advance(1000);
    expect(rules.rates.mayConnect(thing)).toBe(true);
  });

  it("a connection passes 100 messages a second, and is held back above 512 KiB a second", () => {
    const { rules, time } = limited();
    const rates = rules.rates.connection();
    expect(passing(110, () => rates?.mayPublish(time.now()) === true)).toBe(100);
    expect(rates?.delayMs(time.now(), 512 * 1024)).toBe(0);
    expect(rates?.delayMs(time.now(), 128 * 1024)).toBe(250);
  });
});

it("without the switch nothing is counted", () => {
  const book = openRulebook();
  expect(passing(300, () => book.ask("get")["verdict"] === "accepted")).toBe(300);
  for (let n = 0; n < 20; n++) book.rules.rates.control("GET /jobs");
  expect(passing(20, () => book.rules.rates.mayConnect(thing))).toBe(20);
  expect(book.rules.rates.connection()).toBeUndefined();
});

it.each([
  [0, 1200],
  [1, 30],
  [29, 30],
  [30, 30],
  [600, 600],
  [1200, 1200],
  [65_535, 1200],
])("a keep-alive of %i s counts as %i s", (asked, seconds) => {
  expect(keepAliveSeconds(asked)).toBe(seconds);
});
