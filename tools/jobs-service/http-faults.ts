/** Carries out over HTTP what faults plan: a request that waits, an answer that comes late, in part, slowly or never. */
import type { ServerResponse } from "node:http";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Context } from "hono";
import type { TimeSource } from "../time";
import type { Rules } from "./rules";
import type { FaultOperation } from "./rules/faults";
import type { Call } from "./rules/topics";

function bindings(c: Context): HttpBindings {
  return c.env as HttpBindings;
}

/** Resolves after so many milliseconds of the service's clock. */
export function wait(time: TimeSource, delayMs: number): Promise<void> {
  return new Promise((resolve) => void time.after(delayMs, resolve));
}

/** Ends the connection without an answer. */
export function hangUp(c: Context): Response {
  bindings(c).incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

/** Carries out a device's call with what goes wrong before it and after it. Refusals are answers too. */
export function withFaults(
  c: Context,
  { faults }: Pick<Rules, "faults">,
  time: TimeSource,
  { thingName, call }: { readonly thingName: string; readonly call: Call },
  carryOut: () => Response,
): Response | Promise<Response> {
  if (!faults.areAny()) return carryOut();
  return faulty();

  async function faulty(): Promise<Response> {
    const operation: FaultOperation | undefined = faults.operationOf(call);
    const before = faults.plan("request", thingName, operation);
    if (before?.drop === true || before?.disconnect !== undefined) return hangUp(c);
    if (before?.delayMs !== undefined) await wait(time, before.delayMs);
    let outcome = settle(carryOut);
    // What came twice is carried out twice, and one answer is heard.
    for (let copies = 0; copies < (before?.copies ?? 0); copies++) outcome = settle(carryOut);
    const after = faults.plan("reply", thingName, operation);
    if (after?.drop === true || after?.disconnect === "before") return hangUp(c);
    if (after?.delayMs !== undefined) await wait(time, after.delayMs);
    if (after?.disconnect === "after") c.header("connection", "close");
    return outcome();
  }
}

/** The result as a call that gives it, or throws what was thrown. */
function settle<T>(work: () => T): () => T {
  try {
    const result = work();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** How often a second a slow body goes on. */
const piecesPerSecond = 4;

/** Sends a body slowly, or only its beginning and then ends the connection; the headers promise all of it. */
export function sendBadly(
  c: Context,
  time: TimeSource,
  answer: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly bytes: Uint8Array },
  { truncateAt, bytesPerSecond }: { readonly truncateAt?: number; readonly bytesPerSecond?: number },
): Response {
  const { outgoing, incoming } = bindings(c);
  // Not all of it is sent, however small it is.
  const wanted = truncateAt === undefined ? answer.bytes.length : Math.floor(answer.bytes.length * truncateAt);
  const pieceBytes = bytesPerSecond === undefined ? Math.max(wanted, 1) : Math.max(1, Math.round(bytesPerSecond / piecesPerSecond));
  outgoing.writeHead(answer.status, { ...answer.headers });
  outgoing.flushHeaders();
  send(0);
  return RESPONSE_ALREADY_SENT;

  function send(from: number): void {
    if (outgoing.destroyed) return;
    const end = Math.min(from + pieceBytes, wanted);
    const isLast = end === wanted;
    write(outgoing, answer.bytes.subarray(from, end), () => {
      if (!isLast || outgoing.destroyed) return;
      if (truncateAt === undefined) outgoing.end();
      else incoming.socket.end(() => incoming.socket.destroy());
    });
    if (!isLast) time.after(1000 / piecesPerSecond, () => send(end));
  }
}

function write(outgoing: ServerResponse, piece: Uint8Array, done: () => void): void {
  if (piece.length === 0) done();
  else outgoing.write(piece, done);
}
