/** Which certificate the client of an HTTPS request showed. */
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { Context } from "hono";
import { certificateShown } from "./secure-ports";

/** The request as Node received it. */
export function incomingOf(c: Context): IncomingMessage {
  return (c.env as { incoming: IncomingMessage }).incoming;
}

/** The id of the client's certificate. It was on record and active when the connection was made; what it may do is for its policies to say. */
export function clientCertificate(c: Context): string | undefined {
  const { socket } = incomingOf(c);
  return socket instanceof TLSSocket ? certificateShown(socket) : undefined;
}
