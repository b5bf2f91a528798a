/** Records of one kind by name, plain JSON each, kept with the turn that changes them. For what has no links to other records. */
import { forget, keep } from "./changes";
import { nextOrdinal } from "./saved";
import type { Turn } from "./turn";

export class Table<T> {
  private readonly records = new Map<string, { readonly ordinal: number; readonly record: T }>();

  /** `kind` is the first part of the records' keys, and may hold no slash. */
  constructor(readonly kind: string) {}

  get(name: string): T | undefined {
    return this.records.get(name)?.record;
  }

  /** In the order in which they were first put. */
  values(): T[] {
    return [...this.records.values()].map(({ record }) => record);
  }

  put(turn: Turn, name: string, record: T): void {
    const ordinal = this.records.get(name)?.ordinal ?? nextOrdinal(turn.store);
    this.records.set(name, { ordinal, record });
    keep(turn, `${this.kind}/${name}`, () => ({ ordinal, record }));
  }

  remove(turn: Turn, name: string): void {
    if (this.records.delete(name)) forget(turn, `${this.kind}/${name}`);
  }

  /** Takes back what was kept, as it was kept; in the order of the ordinals. */
  restore(name: string, kept: { readonly ordinal: number; readonly record: T }): void {
    this.records.set(name, kept);
  }
}
