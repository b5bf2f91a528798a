/** The life of one device, by chance: trouble first, then a good network in which all must come to its end. */
import { chanceOf } from "./chance";
import { happen, happenings, type Happening } from "./happenings";
import { allEnded, legalUpdates, onceOnly, oneWord, quiet, trulyEnded } from "./truths";
import { createWorld } from "./world";

/** What does not hold, and what happened. */
export interface Life {
  readonly problems: readonly string[];
  readonly history: readonly string[];
}

const hourMs = 3_600_000;

/** Lives through what happens. The seed decides how the network and the service behave meanwhile. */
export function live(seed: number, trouble: readonly Happening[]): Life {
  const world = createWorld(chanceOf(seed), seed % 4 === 0 ? 0 : 5);
  const problems: string[] = [];
  try {
    trouble.forEach((happening, nth) => happen(world, happening, nth));
    world.note("from here on all is good");
    Object.assign(world, { busy: "never", flashWorks: true, cutAtWrite: undefined });
    world.network.isGood = true;
    // A board that restarts for its job has to connect again.
    for (let waits = 0; waits < 30; waits++) {
      if (!world.network.isUp) world.connect();
      world.pass(60_000);
    }
    const calmMs = world.nowMs();
    world.pass(hourMs);
    for (const truth of [allEnded, trulyEnded, oneWord, onceOnly, legalUpdates, quiet(30, 10_000, 0), quiet(5, hourMs, calmMs)])
      problems.push(...truth(world));
  } catch (error) {
    problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return { problems, history: world.history };
}

/** The happenings of a seed. */
export function troubleOf(seed: number): Happening[] {
  return happenings(chanceOf(-seed));
}

/** Leaves out what does not matter for the problem. */
export function shortest(seed: number, trouble: readonly Happening[]): readonly Happening[] {
  for (let n = trouble.length - 1; n >= 0; n--) {
    const shorter = trouble.filter((_, index) => index !== n);
    if (live(seed, shorter).problems.length > 0) return shortest(seed, shorter);
  }
  return trouble;
}
