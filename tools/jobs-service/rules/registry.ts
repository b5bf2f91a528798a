/** Things and thing groups. */
import { createHash } from "node:crypto";
import { completeIfDone, end, latest, queue } from "./executions";
import { groupArn, thingArn, thingNamePattern } from "./names";
import { ControlRefusal, violation } from "./refusals";
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
import type { Group, Job, Thing } from "./store";
import { isTerminal } from "./store";
import type { Turn } from "./turn";

/** The thing of this name; a lenient service makes it when it is first mentioned. */
export function thingFor(turn: Turn, thingName: string): Thing | undefined {
  const thing = turn.store.things.get(thingName);
  return thing ?? (turn.store.choices.lenientThings ? createThing(turn, thingName) : undefined);
}

/** As `thingFor`, for the control plane: refuses a name that is not registered. */
export function requireThing(turn: Turn, thingName: string): Thing {
  const thing = thingFor(turn, thingName);
  if (thing === undefined) throw new ControlRefusal("ResourceNotFoundException", `Thing ${thingName} not found.`);
  return thing;
}

/** CreateThing. The same thing again is fine; other attributes are refused. */
export function createThing(turn: Turn, thingName: string, attributes: Readonly<Record<string, string>> = {}): Thing {
  checkName(thingName, "thingName");
  const known = turn.store.things.get(thingName);
  if (known !== undefined) {
    if (JSON.stringify(known.attributes) === JSON.stringify(attributes)) return known;
    const message = `Thing ${thingName} already exists in account with different properties`;
    throw new ControlRefusal("ResourceAlreadyExistsException", message, { resourceId: thingName, resourceArn: thingArn(thingName) });
  }
  const thing: Thing = {
    thingName,
    ordinal: nextOrdinal(turn.store),
    attributes,
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

export function createGroup(turn: Turn, groupName: string): Group {
  checkName(groupName, "thingGroupName");
  const known = turn.store.groups.get(groupName);
  if (known !== undefined) return known;
  const group: Group = { groupName, ordinal: nextOrdinal(turn.store), things: new Map(), jobs: new Set() };
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
  forgetGroup(turn, group);
}

/** AddThingToThingGroup: the thing gets the CONTINUOUS jobs of the group. */
export function addToGroup(turn: Turn, groupName: string, thingName: string): void {
  const group = requireGroup(turn, groupName);
  const thing = requireThing(turn, thingName);
  if (!group.things.has(thingName)) saveMember(turn, group, thing);
  group.things.set(thingName, thing);
  thing.groups.add(group);
  for (const job of group.jobs) joinJob(turn, job, thing);
}

/** RemoveThingFromThingGroup: CONTINUOUS jobs that no longer target the thing are REMOVED from it. */
export function removeFromGroup(turn: Turn, groupName: string, thingName: string): void {
  leave(turn, requireGroup(turn, groupName), requireThing(turn, thingName));
}

/** Gives a thing its execution of a job, unless it has one that was not removed. */
export function joinJob(turn: Turn, job: Job, thing: Thing): void {
  if (job.status !== "IN_PROGRESS") return;
  const execution = latest(job.executions.get(thing.thingName));
  if (execution === undefined || execution.status === "REMOVED") queue(turn, job, thing);
}

/** Makes a group a target of a job; a CONTINUOUS job then follows its members. */
export function targetGroup(turn: Turn, job: Job, group: Group): void {
  if (job.targetSelection === "CONTINUOUS") follow(turn, job, group);
  for (const thing of group.things.values()) joinJob(turn, job, thing);
}

/** From now on the job goes to whatever joins the group. */
export function follow(turn: Turn, job: Job, group: Group): void {
  if (!group.jobs.has(job)) saveFollower(turn, group, job);
  group.jobs.add(job);
}

function leave(turn: Turn, group: Group, thing: Thing): void {
  if (group.things.delete(thing.thingName)) forgetMember(turn, group, thing);
  thing.groups.delete(group);
  for (const job of group.jobs) {
    const stillTargeted = job.targets.includes(thingArn(thing.thingName)) || [...thing.groups].some((other) => other.jobs.has(job));
    const execution = latest(job.executions.get(thing.thingName));
    if (stillTargeted || execution === undefined || isTerminal(execution)) continue;
    end(turn, execution, "REMOVED");
    completeIfDone(turn, job);
  }
}

function checkName(name: string, field: string): void {
  if (!thingNamePattern.test(name)) {
    throw new ControlRefusal("InvalidRequestException", violation(name, field, "Member must satisfy [a-zA-Z0-9:_-]{1,128}"));
  }
}

/** A thing's id: any UUID will do, and one made from the name needs no chance. */
function idOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
}

export function thingView({ thingName, attributes }: Thing) {
  return { thingName, thingArn: thingArn(thingName), thingId: idOf(`thing ${thingName}`), attributes, version: 1 };
}

export function groupView({ groupName }: Group) {
  return { thingGroupName: groupName, thingGroupArn: groupArn(groupName), thingGroupId: idOf(`group ${groupName}`) };
}
