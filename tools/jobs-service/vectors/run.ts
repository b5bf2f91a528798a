/** Tries one vector on one target. */
import { ControlRefusal, DeviceRefusal } from "../rules";
import { arrange, controlNamed } from "./controls";
import type { Vector } from "./form";
import { mismatch } from "./shape";
import type { Received, Target } from "./target";

/** How a vector went: undefined when well, else what was wanted, what came, and the first difference. */
export interface Problem {
  readonly difference: string;
  readonly came: readonly string[];
  readonly wanted: readonly string[];
}

/** Runs a vector and compares. The target is fresh and is ended by the caller. */
export async function tryVector(target: Target, vector: Vector): Promise<Problem | undefined> {
  const { given, request } = vector;
  let note = "";
  try {
    arrange(target, vector);
    await target.connect(given.thing);
    note = await act(target, vector);
  } catch (error) {
    return { difference: (error as Error).message, came: [], wanted: wantedOf(vector) };
  }
  const all = await target.received();
  const messages = all.filter(({ topic }) => !isSideNotification(topic, vector));
  const difference = compare(messages, vector);
  if (difference === undefined) return undefined;
  const ended = target.isDisconnected() ? "; the service ended the connection" : "";
  const refused = note === "" ? "" : `; ${request.control} was refused: ${note}`;
  const came = messages.map(({ topic, payload }) => `${topic} ${payload}`);
  return { difference: `${difference}${ended}${refused}`, came, wanted: wantedOf(vector) };
}

/** Does what the vector asks for. A refusal of a control call is a result like any other and comes back as text. */
async function act(target: Target, { given, request }: Vector): Promise<string> {
  if (request.topic !== null) {
    const { payload = "" } = request;
    await target.publish(request.topic, Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload)), request.qos ?? 1);
    return "";
  }
  const control = controlNamed(request.control ?? "");
  if (control === undefined) throw new Error(`control "${request.control}" is not known here`);
  try {
    await control(target, given.thing, (request.payload ?? {}) as Record<string, unknown>);
    return "";
  } catch (error) {
    if (error instanceof ControlRefusal || error instanceof DeviceRefusal) return error.message;
    throw error;
  }
}

/** Vectors about the plain topics are silent about the namespaced notification, which is Greengrass's own. */
function isSideNotification(topic: string, { expect, forbid }: Vector): boolean {
  const isNamespaced = (other: string): boolean => other.includes("/notify-namespace-");
  return isNamespaced(topic) && !expect.some((message) => isNamespaced(message.topic)) && forbid?.includes(topic) !== true;
}

function compare(messages: readonly Received[], { expect, forbid }: Vector): string | undefined {
  const forbidden = messages.find(({ topic }) => forbid?.includes(topic) === true);
  if (forbidden !== undefined) return `a message came on ${forbidden.topic}, which is forbidden`;
  for (const [index, wanted] of expect.entries()) {
    const message = messages[index];
    if (message === undefined) return `message ${index + 1} did not come`;
    if (message.topic !== wanted.topic) return `message ${index + 1} is on ${message.topic}, not on ${wanted.topic}`;
    const problem = "payload-shape" in wanted ? mismatch(parsed(message.payload), wanted["payload-shape"]) : undefined;
    if (problem !== undefined) return `message ${index + 1}: ${problem}`;
  }
  return messages.length > expect.length ? `${messages.length} messages came, not ${expect.length}` : undefined;
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
}

function wantedOf({ expect }: Vector): string[] {
  return expect.map((message) => `${message.topic} ${JSON.stringify(message["payload-shape"] ?? "<any>")}`);
}
