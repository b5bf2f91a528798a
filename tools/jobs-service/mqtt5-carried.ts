/**
 * What MQTT 5 publishers send beside the payload. The broker inside knows nothing of it, but hands on the very Buffer of a payload, to
 * persistent sessions and retained messages too: so it hangs on that.
 */
import type { IPublishPacket } from "mqtt-packet";

type Properties = NonNullable<IPublishPacket["properties"]>;

interface Carried {
  readonly properties: Properties;
  readonly expiresAtMs: number | undefined;
}

/** From one second to seven days (developer guide, "Message expiry"). */
const maxExpirySeconds = 7 * 24 * 3600;

const carriedBy = new WeakMap<Buffer, Carried>();

/** Keeps what goes on to subscribers: all but the alias, which is of one connection. */
export function carry(payload: Buffer, { topicAlias: _, messageExpiryInterval, ...properties }: Properties, nowMs: number): void {
  if (messageExpiryInterval === undefined) return void carriedBy.set(payload, { properties, expiresAtMs: undefined });
  const seconds = Math.min(Math.max(messageExpiryInterval, 1), maxExpirySeconds);
  carriedBy.set(payload, { properties, expiresAtMs: nowMs + seconds * 1000 });
}

/** The same as plain JSON. */
export interface SavedCarried {
  readonly properties: Omit<Properties, "correlationData">;
  /** In base64. */
  readonly correlationData?: string;
  readonly expiresAtMs?: number;
}

/** What is to be kept with a payload that outlives the process. */
export function savedWith(payload: Buffer): SavedCarried | undefined {
  const carried = carriedBy.get(payload);
  if (carried === undefined) return undefined;
  const { correlationData, ...properties } = carried.properties;
  return {
    properties,
    ...(correlationData !== undefined && { correlationData: correlationData.toString("base64") }),
    ...(carried.expiresAtMs !== undefined && { expiresAtMs: carried.expiresAtMs }),
  };
}

/** Takes up what was kept with a payload. */
export function carryAgain(payload: Buffer, { properties, correlationData, expiresAtMs }: SavedCarried): void {
  const data = correlationData === undefined ? {} : { correlationData: Buffer.from(correlationData, "base64") };
  carriedBy.set(payload, { properties: { ...properties, ...data }, expiresAtMs });
}

/** The properties for a subscriber, with what is left of the expiry interval, 0 in its last second. */
export function carriedWith(payload: Buffer, nowMs: number): Properties | undefined {
  const carried = carriedBy.get(payload);
  if (carried?.expiresAtMs === undefined) return carried?.properties;
  const messageExpiryInterval = Math.max(0, Math.floor((carried.expiresAtMs - nowMs) / 1000));
  return { ...carried.properties, messageExpiryInterval };
}

/** Whether nobody may get it any more, whatever version they speak. */
export function hasExpired(payload: string | Buffer, nowMs: number): boolean {
  if (typeof payload === "string") return false;
  const expiresAtMs = carriedBy.get(payload)?.expiresAtMs;
  return expiresAtMs !== undefined && nowMs >= expiresAtMs;
}
