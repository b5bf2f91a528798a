/** What can happen to a device with jobs, as plain data: a life is a list of these, and one can be left out to see whether it mattered. */
import type { Chance } from "./chance";
import type { Job } from "./service";
import { ways } from "./work";
import type { World } from "./world";

type Event =
  | { readonly kind: "create"; readonly job: Job }
  | { readonly kind: "cancel"; readonly nth: number }
  /** The job at the head of the list goes, and perhaps comes again under its old name. */
  | { readonly kind: "delete"; readonly recreateAfterMs: number | undefined }
  | { readonly kind: "connect" | "drop" }
  /** More than one where the supply is weak; the network comes back each time. */
  | { readonly kind: "restart"; readonly reason: string; readonly times: number }
  | { readonly kind: "powerCutAtWrite"; readonly cut: "before" | "after" }
  | { readonly kind: "service"; readonly busy: World["busy"] }
  | { readonly kind: "flash"; readonly works: boolean };

export type Happening = Event & { readonly thenMs: number };

function event(chance: Chance): Event {
  const draw = chance.below(24);
  if (draw < 8) {
    const workMs = chance.pick([0, 0, 100, 2000, 5001, 9000, 20_000, 90_000]);
    const timeoutSeconds = chance.oneIn(3) ? 1 + chance.below(30) : undefined;
    return { kind: "create", job: { way: chance.pick(["good", "good", ...ways]), workMs, timeoutSeconds } };
  }
  if (draw < 10) return { kind: "cancel", nth: chance.below(3) };
  if (draw < 12) return { kind: "delete", recreateAfterMs: chance.oneIn(2) ? chance.below(3000) : undefined };
  if (draw < 15) return { kind: "connect" };
  if (draw < 17) return { kind: "drop" };
  if (draw < 19) return { kind: "restart", reason: chance.pick(["power", "watchdog"]), times: chance.pick([1, 1, 8]) };
  if (draw < 20) return { kind: "powerCutAtWrite", cut: chance.pick(["before", "after"]) };
  if (draw < 22) return { kind: "service", busy: chance.pick(["never", "often", "always"]) };
  return { kind: "flash", works: !chance.oneIn(3) };
}

/** A life. */
export function happenings(chance: Chance): Happening[] {
  const life: Happening[] = [];
  for (let n = 0; n < 25; n++) life.push({ ...event(chance), thenMs: chance.pick([0, 100, 1000, 6000, 15_000, 60_000]) });
  return life;
}

/** Has it happen. `nth` names a new job. */
export function happen(world: World, happening: Happening, nth: number): void {
  const { service, network } = world;
  switch (happening.kind) {
    case "create":
      service.create(`job${nth}`, happening.job);
      break;
    case "cancel": {
      const execution = service.pending()[happening.nth];
      if (execution !== undefined) service.cancel(execution);
      break;
    }
    case "delete": {
      const head = service.pending()[0];
      if (head === undefined || !service.remove(head.jobId) || happening.recreateAfterMs === undefined) break;
      world.pass(happening.recreateAfterMs);
      service.create(head.jobId, head.job);
      break;
    }
    case "connect":
      if (!network.isUp) world.connect();
      break;
    case "drop":
      if (network.isUp) world.drop();
      break;
    case "restart":
      world.boot(happening.reason);
      for (let n = 1; n < happening.times; n++) {
        world.connect();
        world.pass(3000);
        world.boot(happening.reason);
      }
      break;
    case "powerCutAtWrite":
      world.cutAtWrite = happening.cut;
      break;
    case "service":
      world.busy = happening.busy;
      world.note(`service: busy ${happening.busy}`);
      break;
    case "flash":
      world.flashWorks = happening.works;
      world.note(`flash ${happening.works ? "works" : "cannot be written"}`);
  }
  world.pass(happening.thenMs);
}
