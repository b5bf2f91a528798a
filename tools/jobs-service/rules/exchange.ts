/** A request over MQTT and its reply: topics, JSON, tokens and error responses around the device's operations. */
import type { Body } from "./fields";
import { readBody } from "./fields";
import { refuseIfFaulty } from "./faults";
import { refuseIfTooMany } from "./rates";
import { DeviceRefusal } from "./refusals";
import { perform } from "./requests";
import { readCall, topicOf } from "./topics";
import type { Turn } from "./turn";

export interface Reply {
  readonly topic: string;
  readonly payload: string;
}

/** Answers one request. `broken` hears of an error that is a bug of this service; the device is told InternalError. */
export function exchange(turn: Turn, thingName: string, suffix: string, payload: Uint8Array, broken: (error: unknown) => void): Reply {
  const topic = topicOf(thingName, suffix);
  const call = readCall(suffix);
  const body = readBody(payload);
  const token = typeof body?.["clientToken"] === "string" ? { clientToken: body["clientToken"] } : {};
  const timestamp = turn.nowSeconds;
  try {
    refuseIfFaulty(turn.store.faults, thingName, call);
    refuseIfTooMany(turn.store.rates, turn.nowMs, call);
    const result = perform(turn, thingName, call, call.operation === "unknown" ? {} : checked(body));
    return { topic: `${topic}/accepted`, payload: JSON.stringify({ ...token, timestamp, ...result }) };
  } catch (error) {
    const refusal = error instanceof DeviceRefusal ? error : new DeviceRefusal("InternalError", "The service failed");
    if (refusal !== error) broken(error);
    const { code, message, executionState } = refusal;
    const reply = { code, message, ...token, timestamp, ...(executionState !== undefined && { executionState }) };
    return { topic: `${topic}/rejected`, payload: JSON.stringify(reply) };
  }
}

function checked(body: Body | undefined): Body {
  if (body === undefined) throw new DeviceRefusal("InvalidJson", "The payload is not a JSON object in UTF-8");
  return body;
}
