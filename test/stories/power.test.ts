/** Power cuts: at every write to flash of every story, once, and again during the recovery. */
import { expect, test } from "vitest";
import { openWorld, type World } from "./world";

/** Records are files on stock firmware, and in NVS with our component. */
const firmwares = ["stock", "jobsfw"] as const;
type Firmware = (typeof firmwares)[number];

interface Story {
  readonly title: string;
  readonly document: (world: World) => object;
  /** Endings that are true, whatever the power did. */
  readonly endings: readonly string[];
}

const stories: Story[] = [
  {
    title: "blink",
    document: () => ({ action: "blink", count: 2, onTime: 100, offTime: 100 }),
    endings: ["SUCCEEDED", "FAILED INTERRUPTED"],
  },
  { title: "reboot", document: () => ({ action: "reboot" }), endings: ["SUCCEEDED", "FAILED INTERRUPTED"] },
  {
    title: "update",
    document: (world) => ({ action: "ota", ...world.publish("2.0.0", 20_000) }),
    endings: ["SUCCEEDED", "FAILED INTERRUPTED", "FAILED ROLLED_BACK"],
  },
  { title: "bad document", document: () => ({ action: "fly" }), endings: ["REJECTED ACTION_UNKNOWN"] },
];

/** Runs a story with power cuts at these writes, each counted from the power-on before it; a board without power gets it back. */
async function tell(
  story: Story,
  cuts: readonly number[],
  firmware: Firmware,
): Promise<{ ending: string; writes: number; flashes: number }> {
  const world = await openWorld({ board: { firmware, seed: cuts.reduce((seed, cut) => seed * 31 + cut, 7) } });
  let writes = 0;
  let flashes = 0;
  const waiting = [...cuts];
  const cutNext = (): void => {
    const next = waiting.shift();
    if (next !== undefined) world.board.cutPowerAtWrite(next);
  };
  const ended = async (jobId: string): Promise<string> => {
    for (;;) {
      await world.until(() => !world.board.powered || !/^(QUEUED|IN_PROGRESS)/.test(world.ending(jobId)), 1_500_000);
      if (world.board.powered) return world.ending(jobId);
      world.board.powerOn();
      cutNext();
    }
  };
  try {
    world.board.on("write", () => writes++);
    world.board.on("pin", ({ level }) => (flashes += level));
    world.board.powerOn();
    await world.until(() => world.traffic.some(({ topic }) => topic.endsWith("$next/get/accepted")));
    writes = 0;
    cutNext();
    world.createJob("j", story.document(world));
    const ending = await ended("j");
    await world.pass(1000);
    const needed = writes;
    world.createJob("after", { action: "describe" });
    // A cut that was due later than this story's last write falls on the next job.
    expect(["SUCCEEDED", "FAILED INTERRUPTED"]).toContain(await ended("after"));
    expect(world.ending("j")).toBe(ending);
    return { ending, writes: needed, flashes };
  } finally {
    await world.close();
  }
}

const everywhere = stories.flatMap((story) => firmwares.map((firmware) => ({ story, firmware })));
for (const { story, firmware } of everywhere) {
  test(
    `a power cut at any write leaves no ${story.title} job open, and runs none twice, on ${firmware} firmware`,
    { timeout: 120_000 },
    async () => {
      const { writes, ending } = await tell(story, [], firmware);
      expect(story.endings).toContain(ending);
      expect(writes).toBeGreaterThan(firmware === "stock" ? 2 : 0);
      for (let at = 1; at <= writes; at++) {
        const told = await tell(story, [at], firmware);
        const sentence = `cut at write ${at} of ${writes}: ${told.ending}`;
        expect(story.endings.map((good) => `cut at write ${at} of ${writes}: ${good}`)).toContain(sentence);
        // What was begun before the cut is not begun again after it.
        expect(told.flashes).toBeLessThanOrEqual(2);
      }
    },
  );
}

test("two power cuts in a row leave no job open", { timeout: 120_000 }, async () => {
  for (const { story, firmware } of everywhere) {
    for (const cuts of [
      [1, 1],
      [2, 1],
      [3, 2],
      [4, 1],
      [5, 3],
      [6, 2],
    ]) {
      const { ending } = await tell(story, cuts, firmware);
      expect(story.endings).toContain(ending);
    }
  }
});
