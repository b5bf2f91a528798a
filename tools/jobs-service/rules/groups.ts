/** The control plane's calls on thing groups. */
import { changedAttributes, type Attributes } from "./attributes";
import type { CallContext } from "./call-context";
import { ancestorsOf, childrenOf, descendantsOf, membersOf } from "./group-tree";
import { integer, list, refusal, section, text, type Fields } from "./input-checks";
import { groupArn, plainTextPattern } from "./names";
import { pageOf, type Page } from "./page";
import { ControlRefusal } from "./refusals";
import { addToGroup, checkJoining, createGroup, deleteGroup, groupView, removeFromGroup, requireGroup, requireThing } from "./registry";
import { saveGroup } from "./saved";
import type { Group, Store } from "./store";
import { forgetTags, readTags, tagNew } from "./tags";
import { checkVersion } from "./things";
import type { Turn } from "./turn";

export interface GroupFilter extends Page {
  readonly parentGroup?: string;
  readonly namePrefixFilter?: string;
  readonly recursive?: boolean;
}

const maxDepth = 7;

interface Properties {
  readonly description: string | undefined;
  readonly attributes: Attributes;
}

function readProperties(fields: Fields, before: Properties): Properties {
  const properties = section(fields, "thingGroupProperties") ?? {};
  const description = text(properties, "thingGroupDescription", 0, 2028) ?? before.description;
  if (description !== undefined && description !== "" && !plainTextPattern.test(description)) {
    throw refusal("thingGroupDescription must have no control characters");
  }
  return { description, attributes: changedAttributes(properties, before.attributes, true) };
}

function setProperties(turn: Turn, group: Group, { description, attributes }: Properties): void {
  group.attributes = attributes;
  if (description !== undefined) group.description = description;
  saveGroup(turn, group);
}

function create(turn: Turn, groupName: string, fields: Fields): Group {
  const { store } = turn;
  const wanted = readProperties(fields, { description: undefined, attributes: {} });
  const tags = readTags(fields);
  const parentGroupName = text(fields, "parentGroupName", 1, 128);
  const known = store.groups.get(groupName);
  if (known !== undefined) {
    const is = [known.parentGroupName, known.description, known.attributes];
    if (JSON.stringify(is) === JSON.stringify([parentGroupName, wanted.description, wanted.attributes])) return known;
    const message = `Thing group ${groupName} already exists with different properties`;
    throw new ControlRefusal("ResourceAlreadyExistsException", message, { resourceId: groupName, resourceArn: groupArn(groupName) });
  }
  if (parentGroupName !== undefined && ancestorsOf(store, requireGroup(turn, parentGroupName)).length + 2 > maxDepth) {
    throw refusal(`Thing groups can be at most ${maxDepth} deep`);
  }
  const group = createGroup(turn, groupName, parentGroupName);
  setProperties(turn, group, wanted);
  tagNew(turn, groupArn(groupName), tags);
  return group;
}

function describe(store: Store, group: Group) {
  const { description, attributes, version, parentGroupName, createdAtMs } = group;
  const ancestors = ancestorsOf(store, group).reverse();
  return {
    ...groupView(group),
    version,
    thingGroupProperties: {
      ...(description !== undefined && { thingGroupDescription: description }),
      ...(Object.keys(attributes).length > 0 && { attributePayload: { attributes } }),
    },
    thingGroupMetadata: {
      ...(parentGroupName !== undefined && { parentGroupName, rootToParentThingGroups: ancestors.map(nameAndArn) }),
      creationDate: createdAtMs / 1000,
    },
  };
}

function nameAndArn({ groupName }: Group) {
  return { groupName, groupArn: groupArn(groupName) };
}

function update(turn: Turn, groupName: string, fields: Fields): { version: number } {
  const group = requireGroup(turn, groupName);
  if (section(fields, "thingGroupProperties") === undefined) throw refusal("thingGroupProperties must not be null");
  checkVersion("thing group", groupName, group.version, integer(fields, "expectedVersion", 0, Number.MAX_SAFE_INTEGER));
  const wanted = readProperties(fields, { description: group.description, attributes: group.attributes });
  group.version++;
  setProperties(turn, group, wanted);
  return { version: group.version };
}

function remove(turn: Turn, groupName: string, expectedVersion: number | undefined): void {
  const group = turn.store.groups.get(groupName);
  if (group === undefined) return;
  checkVersion("thing group", groupName, group.version, expectedVersion);
  if (childrenOf(turn.store, group).length > 0)
    throw refusal(`Cannot delete thing group ${groupName} when there are still child groups attached to it`);
  deleteGroup(turn, groupName);
  forgetTags(turn, groupArn(groupName));
}

/** Without `recursive: false` all groups below, or all there are. */
function listGroups(turn: Turn, filter: GroupFilter) {
  const { parentGroup, namePrefixFilter = "", recursive = true } = filter;
  const { store } = turn;
  const parent = parentGroup === undefined ? undefined : requireGroup(turn, parentGroup);
  const below =
    parent === undefined
      ? [...store.groups.values()].filter((group) => recursive || group.parentGroupName === undefined)
      : (recursive ? descendantsOf : childrenOf)(store, parent);
  const wanted = below.filter(({ groupName }) => groupName.startsWith(namePrefixFilter));
  const { items, ...rest } = pageOf(wanted, filter, "groups", parentGroup, namePrefixFilter, recursive);
  return { thingGroups: items.map(nameAndArn), ...rest };
}

function updateGroupsOf(turn: Turn, fields: Fields): void {
  const thingName = text(fields, "thingName", 1, 128);
  if (thingName === undefined) throw refusal("thingName must not be null");
  const thing = requireThing(turn, thingName);
  const names = (field: string): string[] => (list(fields, field, 10) ?? []).map((name) => text({ name }, "name", 1, 128) ?? "");
  const [added, removed] = [names("thingGroupsToAdd"), names("thingGroupsToRemove")];
  // All is looked at before anything changes: what is refused must leave the thing where it was.
  const after = new Set(thing.groups);
  for (const name of removed) after.delete(requireGroup(turn, name));
  for (const group of added.map((name) => requireGroup(turn, name))) {
    if (!after.has(group)) checkJoining(turn.store, thingName, after, group);
    after.add(group);
  }
  for (const name of removed) removeFromGroup(turn, name, thingName);
  for (const name of added) addToGroup(turn, name, thingName);
}

export function groupCalls({ store, run }: CallContext) {
  return {
    create: (groupName: string, fields: Fields = {}) => groupView(run((turn) => create(turn, groupName, fields))),
    describe: (groupName: string) => run((turn) => describe(store, requireGroup(turn, groupName))),
    update: (groupName: string, fields: Fields) => run((turn) => update(turn, groupName, fields)),
    delete: (groupName: string, expectedVersion?: number): void => run((turn) => remove(turn, groupName, expectedVersion)),
    list: (filter: GroupFilter = {}) => run((turn) => listGroups(turn, filter)),
    updateForThing: (fields: Fields): void => run((turn) => updateGroupsOf(turn, fields)),
    things: (groupName: string, filter: Page & { readonly recursive?: boolean } = {}) =>
      run((turn) => {
        const group = requireGroup(turn, groupName);
        const all = filter.recursive === true ? membersOf(store, group) : [...group.things.values()];
        const { items, ...rest } = pageOf(all, filter, "members", groupName, filter.recursive === true);
        return { things: items.map(({ thingName }) => thingName), ...rest };
      }),
    ofThing: (thingName: string, page: Page = {}) =>
      run((turn) => {
        const { items, ...rest } = pageOf([...requireThing(turn, thingName).groups], page, "groups of", thingName);
        return { thingGroups: items.map(nameAndArn), ...rest };
      }),
  };
}
