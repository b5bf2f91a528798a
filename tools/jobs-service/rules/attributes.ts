/** The attributes of things and thing groups. */
import { invalid, refusal, section, type Fields } from "./input-checks";

export type Attributes = Readonly<Record<string, string>>;

const namePattern = /^[a-zA-Z0-9_.,@/:#-]{1,128}$/;
const valuePattern = /^[a-zA-Z0-9_.,@/:#=[\]-]{0,800}$/;
const maxAttributes = 50;
/** A thing may have more only if it has a type (quotas of AWS IoT Device Management). */
const maxWithoutType = 3;

/** What an `attributePayload` makes of the attributes that were there; an empty value takes one away (API reference). */
export function changedAttributes(fields: Fields, before: Attributes, hasType: boolean): Attributes {
  const payload = section(fields, "attributePayload");
  const given = payload === undefined ? undefined : section(payload, "attributes");
  const changes = Object.entries(given ?? {});
  for (const [name, value] of changes) {
    if (!namePattern.test(name)) throw invalid(name, "attributePayload.attributes", `Map keys must satisfy ${namePattern.source}`);
    if (typeof value !== "string" || !valuePattern.test(value)) {
      throw invalid(value, `attributePayload.attributes.${name}`, `Map value must satisfy ${valuePattern.source}`);
    }
  }
  const start = payload === undefined || payload["merge"] === true ? Object.entries(before) : [];
  const all = new Map([...start, ...(changes as [string, string][])]);
  const attributes = Object.fromEntries([...all].filter(([, value]) => value !== ""));
  const max = hasType ? maxAttributes : maxWithoutType;
  if (all.size > max) throw refusal(`At most ${max} attributes are allowed${hasType ? "" : " for a thing without a thing type"}`);
  return attributes;
}
