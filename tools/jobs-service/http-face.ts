/** The HTTPS face: control plane, data plane and objects behind one port. */
import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import { getRequestListener, RequestError } from "@hono/node-server";
import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { except } from "hono/combine";
import { matchedRoutes } from "hono/route";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { TimeSource } from "../time";
import { afterOutbox } from "./after-outbox";
import { signedOnly } from "./authentication";
import { controlApi } from "./control-api";
import type { Issuing } from "./control/identities";
import { incomingOf } from "./client-certificate";
import { deviceApi, deviceRefusal } from "./device-api";
import { objectApi, objectLimit, refuseSignature } from "./object-api";
import type { Outbox } from "./group-commit";
import { localApi } from "./local-api";
import type { Objects } from "./objects";
import type { Rules } from "./rules";
import { ControlRefusal, DeviceRefusal } from "./rules";
import type { Credentials } from "./sigv4";

/** For JSON: documents have at most 32 KB, escaped twice at worst. Objects have a limit of their own. */
const maxBodyBytes = 256 * 1024;

export interface HttpFaceOptions {
  readonly rules: Rules;
  readonly objects: Objects;
  /** DescribeEndpoint's answer. */
  readonly endpoints: (type: string) => string;
  readonly issuing: Issuing;
  /** Whether the policies of client certificates are enforced. */
  readonly policies: boolean;
  readonly time: TimeSource;
  readonly outbox: Outbox;
  /** When given, requests must be signed with these. */
  readonly credentials: Credentials | undefined;
  readonly broken: (error: unknown) => void;
}

/** A server of plain HTTP: for connections that never leave this process, and for those that TLS was taken off. */
export function openHttpFace(options: HttpFaceOptions): Server {
  const { rules, objects, endpoints, issuing, policies, time, outbox, credentials, broken } = options;
  const app = new Hono();
  app.use(afterOutbox(outbox));
  app.use(async (c, next) => {
    await next();
    // What a fault has sent by itself cannot have one more header.
    if (!c.res.headers.has("x-hono-already-sent")) c.header("x-amzn-requestid", randomUUID());
  });
  const tooLarge = (c: Context): Response =>
    c.json({ message: `the body exceeds ${maxBodyBytes} bytes` }, 413, { "x-amzn-errortype": "RequestEntityTooLargeException" });
  app.use(except("/objects/*", bodyLimit({ maxSize: maxBodyBytes, onError: tooLarge })));
  app.use("/objects/*", objectLimit); // Before signatures: they are of the body, which has to be read for them.
  if (credentials !== undefined) app.use(signedOnly(credentials));
  // The data plane first: it lets pass what is not signed for it.
  app.route("/", deviceApi(rules, policies, time));
  app.use(
    except(["/objects", "/objects/*", "/_local/*"], (c, next) => {
      rules.rates.control(`${c.req.method} ${matchedRoutes(c).at(-1)?.path ?? ""}`);
      return next();
    }),
  );
  app.route("/", controlApi(rules, endpoints, issuing));
  app.route("/", localApi(rules));
  app.route("/", objectApi(objects, rules, time));
  app.notFound((c) =>
    c.json({ message: `No operation of this service is at ${c.req.method} ${c.req.path}` }, 404, {
      "x-amzn-errortype": "UnknownOperationException",
    }),
  );
  app.onError((error, c) => {
    if (error instanceof DeviceRefusal) return deviceRefusal(c, error);
    if (error instanceof ControlRefusal) {
      if (c.req.path.startsWith("/objects/")) return refuseSignature(c, error);
      const { name, message, status, members } = error;
      return c.json({ message, ...members }, status as ContentfulStatusCode, { "x-amzn-errortype": name });
    }
    // Whoever sent the body has gone, or does not know how to send one: nobody hears this, and nothing is wrong here.
    if (incomingOf(c).destroyed && !incomingOf(c).complete) return malformed();
    broken(error);
    return c.json({ message: "the service failed" }, 500, { "x-amzn-errortype": "InternalFailureException" });
  });
  const errorHandler = (error: unknown): Response => {
    if (!(error instanceof RequestError)) broken(error);
    return malformed();
  };
  return createServer(getRequestListener(app.fetch, { errorHandler }));
}

/** The answer to what cannot be read as a request: a target that is no URL, a host that is none, half a body. */
function malformed(): Response {
  return Response.json(
    { message: "The request is malformed" },
    { status: 400, headers: { "x-amzn-errortype": "InvalidRequestException" } },
  );
}
