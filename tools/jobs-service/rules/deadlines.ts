/**
 * All that has a moment of its own: executions with running timers, jobs with a next batch or the next edge of their schedule. A
 * binary heap whose entries know their place, so that one can be moved or taken out at once.
 */
import type { Execution, Job } from "./store";

export type Timed = Execution | Job;

export function isJob(timed: Timed): timed is Job {
  return "targets" in timed;
}

/** When something is due, epoch milliseconds: the earlier of its two moments. Undefined while it has none. */
export function deadlineMs(timed: Timed): number | undefined {
  const [one, other] = isJob(timed) ? [timed.nextBatchMs, timed.nextEdgeMs] : [timed.jobDeadlineMs, timed.stepDeadlineMs];
  if (one === undefined) return other;
  if (other === undefined) return one;
  return Math.min(one, other);
}

/** Equal times go in the order in which things were made, so that runs repeat exactly. */
function orderOf(timed: Timed): number {
  return isJob(timed) ? timed.ordinal : timed.sequence;
}

export class Deadlines {
  private readonly heap: Timed[] = [];

  /** What is due first. */
  first(): Timed | undefined {
    return this.heap[0];
  }

  /** To be called after each change of a deadline. */
  update(timed: Timed): void {
    if (deadlineMs(timed) === undefined) {
      this.remove(timed);
      return;
    }
    if (timed.deadlineIndex < 0) {
      timed.deadlineIndex = this.heap.length;
      this.heap.push(timed);
    }
    this.down(this.up(timed.deadlineIndex));
  }

  private remove(timed: Timed): void {
    const index = timed.deadlineIndex;
    if (index < 0) return;
    timed.deadlineIndex = -1;
    const last = this.heap.pop();
    if (last === undefined || last === timed) return;
    this.place(last, index);
    this.down(this.up(index));
  }

  private up(start: number): number {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.isEarlier(index, parent)) break;
      this.swap(index, parent);
      index = parent;
    }
    return index;
  }

  private down(start: number): void {
    let index = start;
    for (;;) {
      let earliest = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < this.heap.length && this.isEarlier(child, earliest)) earliest = child;
      }
      if (earliest === index) return;
      this.swap(index, earliest);
      index = earliest;
    }
  }

  private isEarlier(a: number, b: number): boolean {
    const [one, other] = [this.at(a), this.at(b)];
    const difference = (deadlineMs(one) ?? Infinity) - (deadlineMs(other) ?? Infinity);
    return difference !== 0 ? difference < 0 : orderOf(one) < orderOf(other);
  }

  private swap(a: number, b: number): void {
    const [one, other] = [this.at(a), this.at(b)];
    this.place(one, b);
    this.place(other, a);
  }

  private place(timed: Timed, index: number): void {
    this.heap[index] = timed;
    timed.deadlineIndex = index;
  }

  private at(index: number): Timed {
    const timed = this.heap[index];
    if (timed === undefined) throw new Error(`no deadline at ${index}`);
    return timed;
  }
}
