/** Asking the service for a job, or about one: DescribeJobExecution. */
import { encodeObject } from "../portable/json";
import { text } from "../portable/integers";
import { awaitAnswer, setTimer } from "./effects";
import type { Effect, Session } from "./state";
import { getTopic } from "./topics";

/** A token that no other request of this boot has. */
export function newToken(session: Session): string {
  session.tokens++;
  return text(session.tokens);
}

/**
 * Asks for the head of the pending list, or for one job. `envelope` leaves the document out. One question at a time: a newer one
 * takes the place of an older, whose answer is then ignored.
 */
export function ask(session: Session, out: Effect[], jobId: string | undefined, envelope: boolean): void {
  if (!session.online) return;
  const before = session.ask;
  const tries = before !== undefined && before.jobId === jobId ? before.tries : 0;
  session.askNext = false;
  session.ask = { token: newToken(session), jobId, envelope, stale: false, tries };
  send(session, out);
}

function send(session: Session, out: Effect[]): void {
  const request = session.ask;
  if (request === undefined) return;
  const payload = encodeObject({ clientToken: request.token, includeJobDocument: request.envelope ? false : undefined });
  const topic = getTopic(session.thingName, request.jobId);
  out.push({ do: "publish", topic, payload });
  awaitAnswer(out, "ask", request.tries);
}

/** Nothing is asked; asks again by itself after a while, sooner when a notification is due. */
export function rest(session: Session, out: Effect[], delayMs: number = session.askEveryMs): void {
  session.ask = undefined;
  setTimer(out, "ask", delayMs);
}

/** An answer is overdue, or it is time to ask again. */
export function askTimer(session: Session, out: Effect[]): void {
  if (!session.online) return;
  const request = session.ask;
  if (request !== undefined) {
    request.tries++;
    send(session, out);
  } else if (session.job === undefined) ask(session, out, undefined, false);
  else rest(session, out);
}

/** The service could not answer now: asks again with back-off. */
export function askLater(session: Session, out: Effect[]): void {
  const request = session.ask;
  if (request === undefined) return;
  awaitAnswer(out, "ask", request.tries);
}
