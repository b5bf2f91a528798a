/** Groups of groups: what goes to a group goes to its child groups too (developer guide, static thing groups). */
import type { Group, Job, Store, Thing } from "./store";

/** The group's parent, its parent and so on. */
export function ancestorsOf(store: Store, group: Group): Group[] {
  const found: Group[] = [];
  for (let next = group.parentGroupName; next !== undefined;) {
    const parent = store.groups.get(next);
    if (parent === undefined) break;
    found.push(parent);
    next = parent.parentGroupName;
  }
  return found;
}

/** The topmost group above, or the group itself. A thing can be in one group of a hierarchy only. */
export function rootOf(store: Store, group: Group): Group {
  return ancestorsOf(store, group).at(-1) ?? group;
}

/** The groups directly below. */
export function childrenOf(store: Store, group: Group): Group[] {
  return [...store.groups.values()].filter(({ parentGroupName }) => parentGroupName === group.groupName);
}

/** The groups below, at any depth. */
export function descendantsOf(store: Store, group: Group): Group[] {
  return childrenOf(store, group).flatMap((child) => [child, ...descendantsOf(store, child)]);
}

/** The things of the group and of all groups below. */
export function membersOf(store: Store, group: Group): Thing[] {
  return [group, ...descendantsOf(store, group)].flatMap(({ things }) => [...things.values()]);
}

/** The CONTINUOUS jobs that a member of the group gets: those of the groups above too. */
export function jobsFor(store: Store, group: Group): Set<Job> {
  return new Set([group, ...ancestorsOf(store, group)].flatMap(({ jobs }) => [...jobs]));
}
