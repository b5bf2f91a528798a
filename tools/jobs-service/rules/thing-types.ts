/** Thing types: what things have in common. */
import type { CallContext } from "./call-context";
import { invalid, list, refusal, section, text, type Fields } from "./input-checks";
import { idOf, thingNamePattern, thingTypeArn } from "./names";
import { pageOf, type Page } from "./page";
import { ControlRefusal } from "./refusals";
import type { Store } from "./store";
import { forgetTags, readTags, tagNew } from "./tags";

/** Plain JSON. */
export interface ThingType {
  readonly thingTypeName: string;
  readonly properties: { readonly thingTypeDescription?: string; readonly searchableAttributes?: readonly string[] };
  readonly createdAtMs: number;
  readonly deprecatedAtMs?: number;
}

/** How long a type must have been deprecated before it can be deleted (API reference). */
const deletableAfterMs = 5 * 60_000;
const maxSearchable = 3;

function readProperties(fields: Fields): ThingType["properties"] {
  const properties = section(fields, "thingTypeProperties") ?? {};
  const thingTypeDescription = text(properties, "thingTypeDescription", 0, 2028);
  const searchable = list(properties, "searchableAttributes", maxSearchable);
  const searchableAttributes = searchable?.map((name) => text({ name }, "name", 1, 128) ?? "");
  return {
    ...(thingTypeDescription !== undefined && { thingTypeDescription }),
    ...(searchableAttributes !== undefined && { searchableAttributes }),
  };
}

export function requireThingType(store: Store, thingTypeName: string): ThingType {
  const type = store.thingTypes.get(thingTypeName);
  if (type === undefined) throw new ControlRefusal("ResourceNotFoundException", `Thing type ${thingTypeName} not found.`);
  return type;
}

function typeView({ thingTypeName, properties, createdAtMs, deprecatedAtMs }: ThingType) {
  return {
    thingTypeName,
    thingTypeArn: thingTypeArn(thingTypeName),
    thingTypeProperties: properties,
    thingTypeMetadata: {
      deprecated: deprecatedAtMs !== undefined,
      ...(deprecatedAtMs !== undefined && { deprecationDate: deprecatedAtMs / 1000 }),
      creationDate: createdAtMs / 1000,
    },
  };
}

export function thingTypeCalls({ store, run }: CallContext) {
  const idOfType = (thingTypeName: string): string => idOf(`thing type ${thingTypeName}`);
  return {
    create: (thingTypeName: string, fields: Fields) =>
      run((turn) => {
        if (!thingNamePattern.test(thingTypeName))
          throw invalid(thingTypeName, "thingTypeName", `Member must satisfy ${thingNamePattern.source}`);
        const properties = readProperties(fields);
        const tags = readTags(fields);
        const known = store.thingTypes.get(thingTypeName);
        const thingTypeArnOfIt = thingTypeArn(thingTypeName);
        if (known !== undefined && JSON.stringify(known.properties) !== JSON.stringify(properties)) {
          const members = { resourceId: thingTypeName, resourceArn: thingTypeArnOfIt };
          throw new ControlRefusal(
            "ResourceAlreadyExistsException",
            `Thing type ${thingTypeName} already exists with different properties`,
            members,
          );
        }
        if (known === undefined) {
          store.thingTypes.put(turn, thingTypeName, { thingTypeName, properties, createdAtMs: turn.nowMs });
          tagNew(turn, thingTypeArnOfIt, tags);
        }
        return { thingTypeName, thingTypeArn: thingTypeArnOfIt, thingTypeId: idOfType(thingTypeName) };
      }),
    describe: (thingTypeName: string) => ({ ...typeView(requireThingType(store, thingTypeName)), thingTypeId: idOfType(thingTypeName) }),
    update: (thingTypeName: string, fields: Fields): void =>
      run((turn) => {
        const type = requireThingType(store, thingTypeName);
        store.thingTypes.put(turn, thingTypeName, { ...type, properties: { ...type.properties, ...readProperties(fields) } });
      }),
    deprecate: (thingTypeName: string, undo: boolean): void =>
      run((turn) => {
        const { deprecatedAtMs, ...type } = requireThingType(store, thingTypeName);
        store.thingTypes.put(turn, thingTypeName, undo ? type : { ...type, deprecatedAtMs: deprecatedAtMs ?? turn.nowMs });
      }),
    delete: (thingTypeName: string): void =>
      run((turn) => {
        const { deprecatedAtMs } = requireThingType(store, thingTypeName);
        if (deprecatedAtMs === undefined || turn.nowMs - deprecatedAtMs < deletableAfterMs) {
          throw refusal(`Thing type ${thingTypeName} can be deleted five minutes after it was deprecated`);
        }
        for (const thing of store.things.values()) {
          if (thing.thingTypeName === thingTypeName) throw refusal(`Thing type ${thingTypeName} is used by thing ${thing.thingName}`);
        }
        store.thingTypes.remove(turn, thingTypeName);
        forgetTags(turn, thingTypeArn(thingTypeName));
      }),
    list(filter: Page & { readonly thingTypeName?: string } = {}) {
      const { thingTypeName } = filter;
      const wanted = store.thingTypes.values().filter((type) => thingTypeName === undefined || type.thingTypeName === thingTypeName);
      const { items, ...rest } = pageOf(wanted, filter, "thing types", thingTypeName);
      return { thingTypes: items.map(typeView), ...rest };
    },
  };
}
