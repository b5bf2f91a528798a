/** A board whose memory is short for a while: our component drops the message that would not fit, and the agent hears of it. */
import { afterEach, expect, test } from "vitest";
import { openWorld, type World } from "./world";

let world: World;
afterEach(() => world.close());

const large = { action: "describe", padding: "x".repeat(32_000) };

/** What the board asked the service for, beginning with this message. */
function asked(since: number): string[] {
  return world.traffic
    .slice(since)
    .filter(({ topic }) => topic.endsWith("/get"))
    .map(
      ({ topic, payload }) =>
        `${topic.split("/jobs/")[1]} ${payload.toString().includes('"includeJobDocument":false') ? "without" : "with"}`,
    );
}

test("a document for which memory is short is asked about, then refused by name; with memory the next one is read", async () => {
  world = await openWorld({ board: { firmware: "jobsfw" } });
  world.board.powerOn();
  await world.until(() => world.traffic.some(({ topic }) => topic.endsWith("$next/get/accepted")));

  world.board.type(Buffer.from("keep = {} for n = 1, 22 do keep[n] = ('x'):rep(1900) .. n end print(node.heap())\n"));
  await world.pass(1000);
  const free = Number(world.lines.at(-1));
  expect(free).toBeGreaterThan(12_288 + 32_000);
  expect(free).toBeLessThan(12_288 + 64_000);

  const since = world.traffic.length;
  world.createJob("large", large);
  expect(await world.ended("large")).toBe("REJECTED DOCUMENT_UNREADABLE");
  expect(asked(since).slice(0, 2)).toEqual(["$next/get without", "large/get with"]);

  world.createJob("small", { action: "describe" });
  expect(await world.ended("small")).toBe("SUCCEEDED");
  world.board.type(Buffer.from("keep = nil\n"));
  await world.pass(20_000);
  world.createJob("again", large);
  expect(await world.ended("again")).toBe("SUCCEEDED");
});

test("a document that comes when all memory is used up is dropped; what ends the board is Lua, when it next looks", async () => {
  world = await openWorld({ board: { firmware: "jobsfw" } });
  const restarts: string[] = [];
  world.board.on("restart", ({ reason }) => restarts.push(reason));
  world.board.powerOn();
  await world.until(() => world.traffic.some(({ topic }) => topic.endsWith("$next/get/accepted")));

  world.board.type(Buffer.from("print(node.heap())\n"));
  await world.pass(500);
  world.board.type(Buffer.from("keep = {} for n = 1, 100 do keep[n] = ('x'):rep(1900) .. n end\n"));
  await world.pass(300);
  world.createJob("large", large);
  expect(await world.ended("large", 3000)).toBe("REJECTED DOCUMENT_UNREADABLE");
  expect(restarts).toEqual([]);
  world.board.type(Buffer.from("print(node.heap())\n"));
  await world.until(() => restarts.length > 0);
  expect(restarts).toEqual(["panic"]);
});
