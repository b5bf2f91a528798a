/** The order of lists: by when things came into being, which a store that is restored can tell from its records. */
import type { Execution, Job } from "./store";

/** Jobs by id, to be walked from the newest on without looking at the others. */
export class JobsByAge extends Map<string, Job> {
  private readonly oldestFirst: Job[] = [];

  override set(jobId: string, job: Job): this {
    this.delete(jobId);
    this.oldestFirst.push(job); // Ordinals only grow.
    return super.set(jobId, job);
  }

  override delete(jobId: string): boolean {
    const job = this.get(jobId);
    if (job !== undefined) this.oldestFirst.splice(this.placeOf(job.ordinal), 1);
    return super.delete(jobId);
  }

  *newestFirst(): Generator<Job, undefined> {
    for (let place = this.oldestFirst.length - 1; place >= 0; place--) {
      const job = this.oldestFirst[place];
      if (job !== undefined) yield job;
    }
    return undefined;
  }

  private placeOf(ordinal: number): number {
    let low = 0;
    let high = this.oldestFirst.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.oldestFirst[middle]?.ordinal ?? Infinity) < ordinal) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * Brings attempts by job or by thing back into the order of their first ones, after a first one was taken off the record while later
 * ones stay. Everywhere else they are in this order by themselves.
 */
export function reorder(attemptsByName: Map<string, Execution[]>, isCounted: (attempt: Execution) => boolean = () => true): void {
  const firstOf = (attempts: readonly Execution[]): number => attempts.find(isCounted)?.sequence ?? Infinity;
  const entries = [...attemptsByName].sort(([, one], [, other]) => firstOf(one) - firstOf(other));
  attemptsByName.clear();
  for (const [name, attempts] of entries) attemptsByName.set(name, attempts);
}
