/** Everything at once, by chance: power cuts, Wi-Fi that comes and goes, a service that is busy. In the end every job has ended, truly. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { openWorld, type World } from "./world";

type Happening =
  | { readonly kind: "blink" | "describe" | "reboot" | "update" | "nonsense" }
  | { readonly kind: "wifi"; readonly forMs: number }
  | { readonly kind: "power"; readonly atWrite: number; readonly forMs: number }
  | { readonly kind: "busy"; readonly fault: "throttle" | "internal-error"; readonly forMs: number }
  | { readonly kind: "cancel"; readonly force: boolean }
  | { readonly kind: "pass"; readonly forMs: number };

const duration = fc.integer({ min: 10, max: 60_000 });
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ kind: fc.constantFrom("blink" as const, "describe" as const, "reboot" as const, "update" as const, "nonsense" as const) }),
  fc.record({ kind: fc.constant("wifi" as const), forMs: duration }),
  fc.record({ kind: fc.constant("power" as const), atWrite: fc.integer({ min: 1, max: 12 }), forMs: duration }),
  fc.record({
    kind: fc.constant("busy" as const),
    fault: fc.constantFrom("throttle" as const, "internal-error" as const),
    forMs: duration,
  }),
  fc.record({ kind: fc.constant("cancel" as const), force: fc.boolean() }),
  fc.record({ kind: fc.constant("pass" as const), forMs: duration }),
);

const documents = {
  blink: () => ({ action: "blink", count: 3, onTime: 1000, offTime: 1000 }),
  describe: () => ({ action: "describe" }),
  reboot: () => ({ action: "reboot" }),
  update: (world: World) => ({ action: "ota", ...world.publish("2.0.0", 20_000) }),
  nonsense: () => ({ action: "fly" }),
};
const truth = {
  blink: /^(SUCCEEDED|FAILED INTERRUPTED|CANCELED)$/,
  describe: /^(SUCCEEDED|FAILED INTERRUPTED|CANCELED)$/,
  reboot: /^(SUCCEEDED|FAILED INTERRUPTED|CANCELED)$/,
  update: /^(SUCCEEDED|FAILED (INTERRUPTED|ROLLED_BACK|DOWNLOAD_FAILED)|CANCELED)$/,
  nonsense: /^(REJECTED ACTION_UNKNOWN|CANCELED)$/,
};

async function live(happenings: readonly Happening[]): Promise<void> {
  const world = await openWorld({ board: { seed: happenings.length } });
  const jobs: { readonly jobId: string; readonly kind: keyof typeof documents }[] = [];
  let flashes = 0;
  world.board.on("pin", ({ level }) => (flashes += level));
  const power = (): void => {
    if (!world.board.powered) world.board.powerOn();
  };
  try {
    power();
    for (const event of happenings) {
      if (event.kind === "wifi") {
        world.board.wifi(false);
        await world.pass(event.forMs);
        world.board.wifi(true);
      } else if (event.kind === "power") {
        power();
        world.board.cutPowerAtWrite(event.atWrite);
        await world.pass(event.forMs);
        power();
      } else if (event.kind === "busy") {
        world.service.rules.faults.add({ fault: event.fault });
        await world.pass(event.forMs);
        world.service.rules.faults.clear();
      } else if (event.kind === "cancel") {
        const last = jobs.at(-1);
        const isOpen = last !== undefined && world.service.rules.describeJob(last.jobId).status === "IN_PROGRESS";
        if (isOpen) world.service.rules.cancelJob(last.jobId, { force: event.force });
      } else if (event.kind === "pass") await world.pass(event.forMs);
      else {
        const jobId = `${event.kind}-${jobs.length}`;
        jobs.push({ jobId, kind: event.kind });
        world.createJob(jobId, documents[event.kind](world));
      }
    }
    for (const { jobId, kind } of jobs) {
      for (let wakes = 0; wakes < 20 && /^(QUEUED|IN_PROGRESS)/.test(world.ending(jobId)); wakes++) {
        power();
        await world.until(() => !world.board.powered || !/^(QUEUED|IN_PROGRESS)/.test(world.ending(jobId)), 4_000_000);
      }
      expect(`${jobId}: ${truth[kind].test(world.ending(jobId))} ${world.ending(jobId)}`).toBe(`${jobId}: true ${world.ending(jobId)}`);
    }
    expect(flashes).toBeLessThanOrEqual(3 * jobs.filter(({ kind }) => kind === "blink").length);
  } finally {
    await world.close();
  }
}

const runs = Number(process.env["CHAOS_RUNS"] ?? 40);

test("whatever happens, every job ends once, truly, and the LED never flashes too often", { timeout: 2000 * (60 + runs) }, async () => {
  await fc.assert(fc.asyncProperty(fc.array(happening, { minLength: 3, maxLength: 12 }), live), {
    numRuns: runs,
    seed: Number(process.env["SEED"] ?? 20261121),
    endOnFailure: true,
  });
});
