/** Things and thing groups. */
import { completeIfDone, end, latest } from "./executions";
import { jobsFor, rootOf } from "./group-tree";
import { refusal } from "./input-checks";
import { groupArn, groupId, idOf, thingArn, thingNamePattern } from "./names";
import { ControlRefusal, violation } from "./refusals";
import { joinJob } from "./rollout";
import {
  forgetFollower,
  forgetGroup,
  forgetMember,
  forgetThing,
  nextOrdinal,
  saveFollower,
  saveGroup,
  saveMember,
  saveThing,
} from "./saved";
import type { Group, Job, Store, Thing } from "./store";
import { isTerminal } from "./store";
import type { Turn } from "./turn";
import { dropFromRollout } from "./unreached";

/** The quotas of AWS IoT Device Management. */
const maxGroupsOfThing = 10;

/** The thing of this name; a lenient service makes it when it is first mentioned. */
export function thingFor(turn: Turn, thingName: string): Thing | undefined {
  const thing = turn.store.things.get(thingName);
  return thing ?? (turn.store.choices.lenientThings && thingNamePattern.test(thingName) ? createThing(turn, thingName) : undefined);
}

/** As `thingFor`, for the control plane: refuses a name that is not registered. */
export function requireThing(turn: Turn, thingName: string): Thing {
  const thing = thingFor(turn, thingName);
  if (thing === undefined) throw new ControlRefusal("ResourceNotFoundException", `Thing ${thingName} not found.`);
  return thing;
}

/** CreateThing. The same thing again is fine; other attributes are refused. */
export function createThing(
  turn: Turn,
  thingName: string,
  attributes: Readonly<Record<string, string>> = {},
  thingTypeName?: string,
): Thing {
  checkName(thingName, "thingName");
  const known = turn.store.things.get(thingName);
  if (known !== undefined) {
    if (isSame(known.attributes, attributes) && known.thingTypeName === thingTypeName) return known;
    const message = `Thing ${thingName} already exists in account with different properties`;
    throw new ControlRefusal("ResourceAlreadyExistsException", message, { resourceId: thingName, resourceArn: thingArn(thingName) });
  }
  const thing: Thing = {
    thingName,
    ordinal: nextOrdinal(turn.store),
    attributes,
    ...(thingTypeName !== undefined && { thingTypeName }),
    version: 1,
    groups: new Set(),
    pending: new Map(),
    executions: new Map(),
    lastQueuedAt: 0,
  };
  turn.store.things.set(thingName, thing);
  saveThing(turn, thing);
  return thing;
}

/** DeleteThing: whatever is pending becomes REMOVED and stays on record with its job. */
export function deleteThing(turn: Turn, thingName: string): void {
  const thing = turn.store.things.get(thingName);
  if (thing === undefined) return; // AWS answers a second deletion with success.
  turn.store.things.delete(thingName);
  forgetThing(turn, thing);
  for (const group of thing.groups) {
    group.things.delete(thingName);
    forgetMember(turn, group, thing);
  }
  for (const attempts of thing.executions.values()) {
    const execution = latest(attempts);
    if (execution !== undefined && !isTerminal(execution)) end(turn, execution, "REMOVED");
  }
}

function isSame(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name) && one[name] === other[name]);
}

export function createGroup(turn: Turn, groupName: string, parentGroupName?: string): Group {
  checkName(groupName, "thingGroupName");
  const known = turn.store.groups.get(groupName);
  if (known !== undefined) return known;
  const group: Group = {
    groupName,
    ordinal: nextOrdinal(turn.store),
    ...(parentGroupName !== undefined && { parentGroupName }),
    createdAtMs: turn.nowMs,
    attributes: {},
    version: 1,
    things: new Map(),
    jobs: new Set(),
  };
  turn.store.groups.set(groupName, group);
  saveGroup(turn, group);
  return group;
}

export function requireGroup(turn: Turn, groupName: string): Group {
  const group = turn.store.groups.get(groupName);
  if (group === undefined) throw new ControlRefusal("ResourceNotFoundException", `Thing group ${groupName} not found.`);
  return group;
}

export function deleteGroup(turn: Turn, groupName: string): void {
  const group = turn.store.groups.get(groupName);
  if (group === undefined) return;
  for (const thing of [...group.things.values()]) leave(turn, group, thing);
  for (const job of group.jobs) forgetFollower(turn, group, job);
  turn.store.groups.delete(groupName);
  turn.store.attachedPolicies.remove(turn, groupArn(groupName));
  forgetGroup(turn, group);
}

/** AddThingToThingGroup: the thing gets the CONTINUOUS jobs of the group. */
export function addToGroup(turn: Turn, groupName: string, thingName: string): void {
  const group = requireGroup(turn, groupName);
  const thing = requireThing(turn, thingName);
  if (group.things.has(thingName)) return;
  checkJoining(turn.store, thingName, thing.groups, group);
  saveMember(turn, group, thing);
  group.things.set(thingName, thing);
  thing.groups.add(group);
  for (const job of jobsFor(turn.store, group)) joinJob(turn, job, thing);
}

/** Refuses a thing that is in these groups one that it cannot join. */
export function checkJoining(store: Store, thingName: string, groups: ReadonlySet<Group>, joined: Group): void {
  if (groups.size >= maxGroupsOfThing) throw refusal(`Thing ${thingName} is in ${maxGroupsOfThing} thing groups, which is the limit`);
  const root = rootOf(store, joined);
  const relative = [...groups].find((other) => rootOf(store, other) === root);
  if (relative !== undefined) throw refusal(`Thing ${thingName} is already in ${relative.groupName}, a thing group of the same hierarchy`);
}

/** RemoveThingFromThingGroup: CONTINUOUS jobs that no longer target the thing are REMOVED from it. */
export function removeFromGroup(turn: Turn, groupName: string, thingName: string): void {
  leave(turn, requireGroup(turn, groupName), requireThing(turn, thingName));
}

/** From now on the job goes to whatever joins the group. */
export function follow(turn: Turn, job: Job, group: Group): void {
  if (!group.jobs.has(job)) saveFollower(turn, group, job);
  group.jobs.add(job);
}

function leave(turn: Turn, group: Group, thing: Thing): void {
  if (group.things.delete(thing.thingName)) forgetMember(turn, group, thing);
  thing.groups.delete(group);
  for (const job of jobsFor(turn.store, group)) {
    const stillTargeted =
      job.targets.includes(thingArn(thing.thingName)) || [...thing.groups].some((other) => jobsFor(turn.store, other).has(job));
    if (stillTargeted) continue;
    dropFromRollout(turn, job, thing.thingName);
    const execution = latest(job.executions.get(thing.thingName));
    if (execution === undefined || isTerminal(execution)) continue;
    end(turn, execution, "REMOVED");
    completeIfDone(turn, job);
  }
}

function checkName(name: string, field: string): void {
  if (!thingNamePattern.test(name)) {
    throw new ControlRefusal("InvalidRequestException", violation(name, field, "Member must satisfy [a-zA-Z0-9:_-]{1,128}"));
  }
}

export function thingView({ thingName, attributes, thingTypeName, version }: Thing) {
  return {
    thingName,
    thingArn: thingArn(thingName),
    thingId: idOf(`thing ${thingName}`),
    ...(thingTypeName !== undefined && { thingTypeName }),
    attributes,
    version,
  };
}

export function groupView({ groupName }: Group) {
  return { thingGroupName: groupName, thingGroupArn: groupArn(groupName), thingGroupId: groupId(groupName) };
}
