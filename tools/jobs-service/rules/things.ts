/** The control plane's calls on things, beyond their making and their end. */
import { changedAttributes } from "./attributes";
import type { CallContext } from "./call-context";
import { integer, refusal, text, type Fields } from "./input-checks";
import { pageOf, type Page } from "./page";
import { ControlRefusal } from "./refusals";
import { refuseWhilePrincipals } from "./attachments";
import { createThing, deleteThing, requireThing, thingView } from "./registry";
import { saveThing } from "./saved";
import type { Store, Thing } from "./store";
import { requireThingType } from "./thing-types";
import type { Turn } from "./turn";

export interface ThingFilter extends Page {
  readonly attributeName?: string;
  readonly attributeValue?: string;
  readonly thingTypeName?: string;
  readonly usePrefixAttributeValue?: boolean;
}

/** Refuses a thing or a group that has another version by now. */
export function checkVersion(kind: string, name: string, version: number, expected: number | undefined): void {
  if (expected === undefined || expected === version) return;
  throw new ControlRefusal("VersionConflictException", `The version for ${kind} ${name} does not match the expected version.`);
}

function typeFor(store: Store, fields: Fields): string | undefined {
  const name = text(fields, "thingTypeName", 1, 128);
  if (name !== undefined && requireThingType(store, name).deprecatedAtMs !== undefined) {
    throw refusal(`Can not create new thing with deprecated thing type: ${name}`);
  }
  return name;
}

function create(turn: Turn, thingName: string, fields: Fields): Thing {
  const thingTypeName = typeFor(turn.store, fields);
  const billingGroup = text(fields, "billingGroupName", 1, 128);
  if (billingGroup !== undefined) throw new ControlRefusal("ResourceNotFoundException", `Billing group ${billingGroup} not found.`);
  return createThing(turn, thingName, changedAttributes(fields, {}, thingTypeName !== undefined), thingTypeName);
}

function update(turn: Turn, thingName: string, fields: Fields): void {
  const thing = requireThing(turn, thingName);
  const expected = integer(fields, "expectedVersion", 0, Number.MAX_SAFE_INTEGER);
  checkVersion("thing", thingName, thing.version, expected);
  const removes = fields["removeThingType"] === true;
  const given = typeFor(turn.store, fields);
  if (removes && given !== undefined) throw refusal("A thing type cannot be given and removed at once");
  const thingTypeName = removes ? undefined : (given ?? thing.thingTypeName);
  const attributes = changedAttributes(fields, thing.attributes, thingTypeName !== undefined);
  thing.attributes = attributes;
  if (thingTypeName === undefined) delete thing.thingTypeName;
  else thing.thingTypeName = thingTypeName;
  thing.version++;
  saveThing(turn, thing);
}

/** ListThings. */
export function listThings(store: Store, filter: ThingFilter = {}) {
  const { attributeName, attributeValue = "", thingTypeName, usePrefixAttributeValue = false } = filter;
  const wanted = [...store.things.values()].filter((thing) => {
    if (thingTypeName !== undefined && thing.thingTypeName !== thingTypeName) return false;
    if (attributeName === undefined) return true;
    const value = Object.hasOwn(thing.attributes, attributeName) ? thing.attributes[attributeName] : undefined;
    return usePrefixAttributeValue ? value?.startsWith(attributeValue) === true : value === attributeValue;
  });
  const { items, ...rest } = pageOf(wanted, filter, "things", attributeName, attributeValue, thingTypeName);
  const things = items.map((thing) => ({ ...thingView(thing), thingId: undefined }));
  return { things, ...rest };
}

export function thingCalls({ store, run }: CallContext) {
  return {
    create(thingName: string, fields: Fields = {}) {
      const { thingArn, thingId } = thingView(run((turn) => create(turn, thingName, fields)));
      return { thingName, thingArn, thingId };
    },
    describe: (thingName: string) => run((turn) => ({ defaultClientId: thingName, ...thingView(requireThing(turn, thingName)) })),
    update: (thingName: string, fields: Fields): void => run((turn) => update(turn, thingName, fields)),
    /** A thing that is not there counts as deleted (API reference). */
    delete: (thingName: string, expectedVersion?: number): void =>
      run((turn) => {
        const thing = store.things.get(thingName);
        if (thing !== undefined) checkVersion("thing", thingName, thing.version, expectedVersion);
        refuseWhilePrincipals(store, thingName);
        deleteThing(turn, thingName);
      }),
    list: (filter?: ThingFilter) => listThings(store, filter),
  };
}
