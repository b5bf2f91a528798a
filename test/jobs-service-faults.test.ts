/** Faults on request: what may be asked for, whom it meets, how often, and that it can be repeated. */
import { describe, expect, it } from "vitest";
import type { FaultPlan } from "../tools/jobs-service/rules/faults";
import { openRulebook, thing, type Rulebook } from "./jobs-service/rulebook";

type Faults = Rulebook["rules"]["faults"];

function faults(...orders: Record<string, unknown>[]): Faults {
  const { rules } = openRulebook();
  for (const order of orders) rules.faults.add(order);
  return rules.faults;
}

describe("an order for a fault", () => {
  it("is completed with what it does not say, numbered, listed and taken back", () => {
    const book = faults({ fault: "drop" }, { fault: "slow-download", target: thing, bytesPerSecond: 1000, seed: 7, count: 2 });
    expect(book.list()).toEqual([
      {
        id: "f1",
        fault: "drop",
        operations: ["get", "start-next", "describe", "update", "notify", "notify-next"],
        at: "reply",
        probability: 1,
        after: 0,
        seed: 1,
        seen: 0,
        done: 0,
      },
      {
        id: "f2",
        fault: "slow-download",
        target: thing,
        operations: ["download"],
        at: "reply",
        probability: 1,
        count: 2,
        after: 0,
        seed: 7,
        bytesPerSecond: 1000,
        seen: 0,
        done: 0,
      },
    ]);
    book.remove("f1");
    expect(book.list().map(({ id }) => id)).toEqual(["f2"]);
    expect(() => book.remove("f1")).toThrow("There is no fault f1");
    book.clear();
    expect(book.list()).toEqual([]);
    expect(book.add({ fault: "drop" }).id).toBe("f3");
  });

  it.each([
    [{}, /^fault must be one of throttle, internal-error, delay, drop/],
    [{ fault: "explode" }, /^fault must be one of/],
    [{ fault: "drop", when: "now" }, /^when is no member of a fault; it has fault, target/],
    [{ fault: "drop", target: "a/b" }, /^target must be the name of a thing$/],
    [{ fault: "drop", target: 1 }, /^target must be/],
    [{ fault: "drop", operations: [] }, /^operations must be a list of at least one/],
    [{ fault: "drop", operations: "update" }, /^operations must be a list/],
    [{ fault: "drop", operations: ["connect"] }, /^an operation of drop must be one of get, .*, download$/],
    [{ fault: "corrupt", operations: ["update"] }, /^an operation of corrupt must be one of download$/],
    [{ fault: "drop", at: "after-reply" }, /^at of drop must be one of reply, request$/],
    [{ fault: "throttle", at: "reply" }, /^there is no choice of at of throttle$/],
    [{ fault: "drop", probability: 1.1 }, /^probability must be a number from 0 to 1$/],
    [{ fault: "drop", probability: NaN }, /^probability must be/],
    [{ fault: "drop", count: 0 }, /^count must be a whole number from 1$/],
    [{ fault: "drop", after: -1 }, /^after must be a whole number from 0$/],
    [{ fault: "drop", seed: 2 ** 32 }, /^seed must be a whole number from 0 to 4294967295$/],
    [{ fault: "delay" }, /^delay needs delayMs$/],
    [{ fault: "delay", delayMs: 90_000_000 }, /^delayMs must be a whole number from 0 to 86400000$/],
    [{ fault: "slow-download" }, /^slow-download needs bytesPerSecond$/],
  ])("is refused: %o", (order, sentence) => {
    expect(() => faults(order)).toThrow(sentence);
  });
});

describe("a fault", () => {
  it("meets its thing, its operations and its step only", () => {
    const book = faults({ fault: "drop", target: thing, operations: ["update"], at: "request" });
    expect(book.plan("request", thing, "update")).toEqual({ drop: true });
    expect(book.plan("reply", thing, "update")).toBeUndefined();
    expect(book.plan("request", thing, "get")).toBeUndefined();
    expect(book.plan("request", "lamp-02", "update")).toBeUndefined();
    expect(book.plan("request", undefined, "update")).toBeUndefined();
    expect(book.plan("request", thing, undefined)).toBeUndefined();
    expect(book.list()).toMatchObject([{ seen: 1, done: 1 }]);
  });

  it("of every thing meets a download of nobody in particular", () => {
    expect(faults({ fault: "expire-url" }).plan("download", undefined, "download")).toEqual({ expired: true });
  });

  it("lets the first ones pass, then happens so many times", () => {
    const book = faults({ fault: "drop", after: 2, count: 3 });
    const dropped = Array.from({ length: 7 }, () => book.plan("reply", thing, "update")?.drop === true);
    expect(dropped).toEqual([false, false, true, true, true, false, false]);
  });

  it("happens about as often as it is likely, the same way for the same seed", () => {
    const run = (seed: number): boolean[] => {
      const book = faults({ fault: "drop", probability: 0.3, seed });
      return Array.from({ length: 2000 }, () => book.plan("reply", thing, "notify") !== undefined);
    };
    expect(run(5)).toEqual(run(5));
    expect(run(5)).not.toEqual(run(6));
    for (const seed of [0, 1, 2, 4_294_967_295]) {
      const often = run(seed).filter(Boolean).length;
      expect(often).toBeGreaterThan(520);
      expect(often).toBeLessThan(680);
    }
    expect(faults({ fault: "drop", probability: 0 }).plan("reply", thing, "get")).toBeUndefined();
  });

  it("has dice of its own, whatever other faults are on", () => {
    const orders = [
      { fault: "drop", probability: 0.5, seed: 9 },
      { fault: "duplicate", probability: 0.5, seed: 9 },
    ];
    const together = faults(...orders);
    const alone = faults(orders[1] ?? {});
    for (let n = 0; n < 50; n++) {
      expect(together.plan("reply", thing, "get")?.copies).toBe(alone.plan("reply", thing, "get")?.copies);
    }
  });

  it("joins others that meet the same message", () => {
    const book = faults(
      { fault: "delay", delayMs: 10 },
      { fault: "delay", delayMs: 5 },
      { fault: "duplicate" },
      { fault: "duplicate" },
      { fault: "reorder" },
      { fault: "disconnect", at: "after-reply" },
    );
    const plan: FaultPlan = { delayMs: 15, copies: 2, holdMs: 1000, disconnect: "after" };
    expect(book.plan("reply", thing, "describe")).toEqual(plan);
    book.add({ fault: "disconnect" });
    expect(book.plan("reply", thing, "describe")).toEqual({ ...plan, disconnect: "before" });
    expect(book.plan("request", thing, "describe")).toBeUndefined();
  });

  it("of a download says where, by its seed", () => {
    const places = (seed: number) =>
      faults({ fault: "corrupt", seed }, { fault: "truncate", seed: seed + 1 }).plan("download", thing, "download");
    expect(places(3)).toEqual(places(3));
    expect(places(3)).not.toEqual(places(4));
    for (const where of Object.values(places(3) ?? {})) {
      expect(where).toBeGreaterThanOrEqual(0);
      expect(where).toBeLessThan(1);
    }
  });
});

describe("a service with a fault", () => {
  it.each([
    ["throttle", "RequestThrottled"],
    ["internal-error", "InternalError"],
  ])("answers %s on request, and has changed nothing then", (fault, code) => {
    const book = openRulebook();
    book.create("j1");
    book.rules.faults.add({ fault, operations: ["update"], count: 1 });
    expect(book.ask("$next/get")).toMatchObject({ verdict: "accepted" });
    expect(book.ask("j1/update", { status: "IN_PROGRESS", clientToken: "t" })).toMatchObject({
      verdict: "rejected",
      code,
      clientToken: "t",
    });
    expect(book.status("j1")).toBe("QUEUED");
    expect(book.ask("j1/update", { status: "IN_PROGRESS" })).toMatchObject({ verdict: "accepted" });
  });

  it("refuses one thing and serves another", () => {
    const book = openRulebook();
    book.rules.createThing("lamp-02");
    book.rules.faults.add({ fault: "throttle", target: "lamp-02" });
    expect(book.ask("get")).toMatchObject({ verdict: "accepted" });
    expect(book.rules.request("lamp-02", "get", Buffer.alloc(0)).reply.topic).toMatch(/rejected$/);
  });
});
