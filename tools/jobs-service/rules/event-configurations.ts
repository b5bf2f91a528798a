/** Which events the account wants to hear of: none, until UpdateEventConfigurations says so. */
import { invalid, section } from "./input-checks";
import { ControlRefusal, violation } from "./refusals";
import type { Store } from "./store";
import type { Turn } from "./turn";

/** Every kind that the API model names. Of things, groups, certificates and policies this service has no events; their switch is kept. */
const eventTypes = [
  "THING",
  "THING_GROUP",
  "THING_TYPE",
  "THING_GROUP_MEMBERSHIP",
  "THING_GROUP_HIERARCHY",
  "THING_TYPE_ASSOCIATION",
  "JOB",
  "JOB_EXECUTION",
  "POLICY",
  "CERTIFICATE",
  "CA_CERTIFICATE",
] as const;
export type EventType = (typeof eventTypes)[number];

/** The switch of one kind. */
export interface EventConfiguration {
  readonly enabled: boolean;
  readonly createdAtMs: number;
  readonly lastModifiedAtMs: number;
}

export function isEnabled(store: Store, type: EventType): boolean {
  return store.eventConfigurations.get(type)?.enabled ?? false;
}

/** DescribeEventConfigurations. The dates are left out until something was set. */
export function describeEventConfigurations(store: Store) {
  const set = store.eventConfigurations.values();
  const dates = {
    creationDate: Math.min(...set.map(({ createdAtMs }) => createdAtMs)) / 1000,
    lastModifiedDate: Math.max(...set.map(({ lastModifiedAtMs }) => lastModifiedAtMs)) / 1000,
  };
  return {
    eventConfigurations: Object.fromEntries(eventTypes.map((type) => [type, { Enabled: isEnabled(store, type) }])),
    ...(set.length > 0 && dates),
  };
}

/** UpdateEventConfigurations: what is not named stays as it is. */
export function updateEventConfigurations(turn: Turn, input: Readonly<Record<string, unknown>>): void {
  const { eventConfigurations: wanted = {} } = input;
  if (typeof wanted !== "object" || wanted === null || Array.isArray(wanted)) {
    throw new ControlRefusal("InvalidRequestException", violation(wanted, "eventConfigurations", "Member must be a map"));
  }
  const changes = Object.entries(wanted).map(([name, value]: [string, unknown]) => {
    const type = eventTypes.find((known) => known === name);
    const constraint = `Map keys must satisfy enum value set: [${eventTypes.join(", ")}]`;
    if (type === undefined) throw new ControlRefusal("InvalidRequestException", violation(name, "eventConfigurations", constraint));
    const enabled = section({ [name]: value }, name)?.["Enabled"] ?? false;
    if (typeof enabled !== "boolean") throw invalid(enabled, `${name}.Enabled`, "Member must be a boolean");
    return { type, enabled };
  });
  for (const { type, enabled } of changes) {
    const createdAtMs = turn.store.eventConfigurations.get(type)?.createdAtMs ?? turn.nowMs;
    turn.store.eventConfigurations.put(turn, type, { enabled, createdAtMs, lastModifiedAtMs: turn.nowMs });
  }
}
