/** Tags of jobs, job templates, thing groups and thing types. */
import type { CallContext } from "./call-context";
import { invalid, list, refusal, section, text, type Fields } from "./input-checks";
import { groupArn, jobArn, jobTemplateArn, thingTypeArn } from "./names";
import { pageOf } from "./page";
import { ControlRefusal } from "./refusals";
import type { Store } from "./store";
import type { Turn } from "./turn";

/** Values by key. */
export type Tags = Readonly<Record<string, string>>;

const maxTags = 50;

/** The `tags` of an input. To be read before anything is made of it: they may be refused. */
export function readTags(fields: Fields): Tags {
  const tags = (list(fields, "tags", maxTags) ?? []).map((item): [string, string] => {
    const tag = section({ item }, "item");
    const key = tag === undefined ? undefined : text(tag, "Key", 1, 128);
    if (tag === undefined || key === undefined) throw invalid(item, "tags", "Member must have a Key");
    return [key, text(tag, "Value", 0, 256) ?? ""];
  });
  return Object.fromEntries(tags);
}

/** Gives what was created its tags. */
export function tagNew(turn: Turn, arn: string, tags: Tags): void {
  if (Object.keys(tags).length > 0) turn.store.tags.put(turn, arn, tags);
}

/** To be called when the tagged is deleted. */
export function forgetTags(turn: Turn, arn: string): void {
  turn.store.tags.remove(turn, arn);
}

function requireTaggable(store: Store, arn: unknown): string {
  if (typeof arn !== "string") throw invalid(arn, "resourceArn", "Member must not be null");
  const [, kind = "", name = ""] = /^arn:[a-z-]+:iot:[a-z0-9-]*:[0-9]*:([a-z]+)\/(.+)$/.exec(arn) ?? [];
  if (kind === "job" && store.jobs.has(name)) return jobArn(name);
  if (kind === "jobtemplate" && store.templates.get(name) !== undefined) return jobTemplateArn(name);
  if (kind === "thinggroup" && store.groups.has(name)) return groupArn(name);
  if (kind === "thingtype" && store.thingTypes.get(name) !== undefined) return thingTypeArn(name);
  if (["job", "jobtemplate", "thinggroup", "thingtype"].includes(kind)) {
    throw new ControlRefusal("ResourceNotFoundException", `Resource ${arn} not found.`);
  }
  throw refusal(`Resource ${arn} cannot be tagged`);
}

export function tagCalls({ store, run }: CallContext) {
  return {
    tag: (fields: Fields): void =>
      run((turn) => {
        const arn = requireTaggable(store, fields["resourceArn"]);
        if (!Array.isArray(fields["tags"])) throw invalid(fields["tags"], "tags", "Member must not be null");
        const tags = { ...store.tags.get(arn), ...readTags(fields) };
        if (Object.keys(tags).length > maxTags) {
          throw new ControlRefusal("LimitExceededException", `A resource can have at most ${maxTags} tags`);
        }
        store.tags.put(turn, arn, tags);
      }),
    untag: (fields: Fields): void =>
      run((turn) => {
        const arn = requireTaggable(store, fields["resourceArn"]);
        const keys = list(fields, "tagKeys", maxTags);
        if (keys === undefined) throw invalid(undefined, "tagKeys", "Member must not be null");
        const left = Object.entries(store.tags.get(arn) ?? {}).filter(([key]) => !keys.includes(key));
        store.tags.put(turn, arn, Object.fromEntries(left));
      }),
    list(resourceArn: string | undefined, nextToken?: string) {
      const tags = Object.entries(store.tags.get(requireTaggable(store, resourceArn)) ?? {});
      const { items, ...rest } = pageOf(tags, nextToken === undefined ? {} : { nextToken }, "tags", resourceArn);
      return { tags: items.map(([Key, Value]) => ({ Key, Value })), ...rest };
    },
  };
}
