/** NodeMCU's task queue (components/task/task.c): three priorities, limited slots, one task at a time; what finds a full queue is lost. */

export type Priority = "low" | "medium" | "high";

/** Slots as CONFIG_NODEMCU_TASK_SLOT_MEMORY=2000 gives them, by rising priority. */
export const slots: Readonly<Record<Priority, number>> = { low: 25, medium: 125, high: 100 };

const byUrgency: readonly Priority[] = ["high", "medium", "low"];

export interface Tasks {
  /** False when the queue is full: the event is lost. */
  post(priority: Priority, run: () => void): boolean;
  /** The next task, most urgent first. */
  take(): (() => void) | undefined;
}

export function createTasks(): Tasks {
  const queues: Record<Priority, (() => void)[]> = { low: [], medium: [], high: [] };
  return {
    post(priority, run) {
      if (queues[priority].length >= slots[priority]) return false;
      queues[priority].push(run);
      return true;
    },
    take() {
      for (const priority of byUrgency) {
        const run = queues[priority].shift();
        if (run !== undefined) return run;
      }
      return undefined;
    },
  };
}
