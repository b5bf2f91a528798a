/** Records of one kind by name, plain JSON each, kept with the turn that changes them. For what has no links to other records. */
import { forget, keep } from "./changes";
import type { Turn } from "./turn";

export class Table<T> {
  private readonly records = new Map<string, T>();

  /** `kind` is the first part of the records' keys, and may hold no slash. */
  constructor(readonly kind: string) {}

  get(name: string): T | undefined {
    return this.records.get(name);
  }

  /** In the order in which they were first put. */
  values(): T[] {
    return [...this.records.values()];
  }

  put(turn: Turn, name: string, record: T): void {
    this.records.set(name, record);
    keep(turn, `${this.kind}/${name}`, () => record);
  }

  remove(turn: Turn, name: string): void {
    if (this.records.delete(name)) forget(turn, `${this.kind}/${name}`);
  }

  /** Takes back what was kept, as it was kept. */
  restore(name: string, record: T): void {
    this.records.set(name, record);
  }
}
