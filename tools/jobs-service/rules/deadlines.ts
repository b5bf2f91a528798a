/** The running timers of all executions: a binary heap whose entries know their place, so that one can be moved or taken out at once. */
import type { Execution } from "./store";

/** When an execution times out, epoch milliseconds: the earlier of both timers. Undefined while none runs. */
export function deadlineMs(execution: Execution): number | undefined {
  const { jobDeadlineMs, stepDeadlineMs } = execution;
  if (jobDeadlineMs === undefined) return stepDeadlineMs;
  if (stepDeadlineMs === undefined) return jobDeadlineMs;
  return Math.min(jobDeadlineMs, stepDeadlineMs);
}

export class Deadlines {
  private readonly heap: Execution[] = [];

  /** The execution that times out first. */
  first(): Execution | undefined {
    return this.heap[0];
  }

  /** To be called after each change of an execution's deadlines. */
  update(execution: Execution): void {
    if (deadlineMs(execution) === undefined) {
      this.remove(execution);
      return;
    }
    if (execution.deadlineIndex < 0) {
      execution.deadlineIndex = this.heap.length;
      this.heap.push(execution);
    }
    this.down(this.up(execution.deadlineIndex));
  }

  private remove(execution: Execution): void {
    const index = execution.deadlineIndex;
    if (index < 0) return;
    execution.deadlineIndex = -1;
    const last = this.heap.pop();
    if (last === undefined || last === execution) return;
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

  /** Equal times go in the order in which the executions were made, so that runs repeat exactly. */
  private isEarlier(a: number, b: number): boolean {
    const [one, other] = [this.at(a), this.at(b)];
    const difference = (deadlineMs(one) ?? Infinity) - (deadlineMs(other) ?? Infinity);
    return difference !== 0 ? difference < 0 : one.sequence < other.sequence;
  }

  private swap(a: number, b: number): void {
    const [one, other] = [this.at(a), this.at(b)];
    this.place(one, b);
    this.place(other, a);
  }

  private place(execution: Execution, index: number): void {
    this.heap[index] = execution;
    execution.deadlineIndex = index;
  }

  private at(index: number): Execution {
    const execution = this.heap[index];
    if (execution === undefined) throw new Error(`no deadline at ${index}`);
    return execution;
  }
}
