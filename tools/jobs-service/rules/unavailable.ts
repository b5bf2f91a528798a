/** The answer of a service that can no longer keep what it is told. */
import type { Reply } from "./exchange";
import { readBody } from "./fields";
import { topicOf } from "./topics";

/** InternalError, without looking at anything but the token. */
export function unavailable(nowMs: number, thingName: string, suffix: string, payload: Uint8Array): Reply {
  const clientToken = readBody(payload)?.["clientToken"];
  const body = {
    code: "InternalError",
    message: "The service cannot keep its data",
    ...(typeof clientToken === "string" && { clientToken }),
    timestamp: Math.floor(nowMs / 1000),
  };
  return { topic: `${topicOf(thingName, suffix)}/rejected`, payload: JSON.stringify(body) };
}
