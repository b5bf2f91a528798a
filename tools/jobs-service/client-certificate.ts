/** Which thing's certificate the client of an HTTPS request showed. */
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { Context } from "hono";
import { thingNamePattern } from "./rules/names";

/** The request as Node received it. */
export function incomingOf(c: Context): IncomingMessage {
  return (c.env as { incoming: IncomingMessage }).incoming;
}

/** The thing that the client's certificate names, if the certificate is of the service's own CA. */
export function certifiedThing(c: Context): string | undefined {
  const { socket } = incomingOf(c);
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const name = String(socket.getPeerCertificate().subject.CN ?? "");
  return thingNamePattern.test(name) ? name : undefined;
}
