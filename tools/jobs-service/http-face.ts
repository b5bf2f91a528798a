/** The HTTPS face: control plane, data plane and objects behind one port. */
import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import { getRequestListener } from "@hono/node-server";
import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { except } from "hono/combine";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { afterOutbox } from "./after-outbox";
import { signedOnly } from "./authentication";
import type { Identity } from "./certificates";
import { controlApi } from "./control-api";
import { deviceApi, deviceRefusal } from "./device-api";
import { objectApi } from "./object-api";
import { memoryOutbox, type Outbox } from "./group-commit";
import type { Objects } from "./objects";
import type { Rules } from "./rules";
import { ControlRefusal, DeviceRefusal } from "./rules";
import type { Credentials } from "./sigv4";

/** For JSON: documents have at most 32 KB, escaped twice at worst. Objects have a limit of their own. */
const maxBodyBytes = 256 * 1024;

export interface HttpFace {
  /** Plain HTTP, for connections that never leave this process. */
  readonly plain: Server;
  /** HTTPS with the service's own certificate. A client may show one of the given CA. */
  secure(identity: Identity, ca: string): TlsServer;
}

export function openHttpFace(
  rules: Rules,
  objects: Objects,
  endpoints: (type: string) => string,
  broken: (error: unknown) => void,
  outbox: Outbox = memoryOutbox,
  credentials?: Credentials,
): HttpFace {
  const app = new Hono();
  app.use(afterOutbox(outbox));
  app.use(async (c, next) => {
    await next();
    c.header("x-amzn-requestid", randomUUID());
  });
  const tooLarge = (c: Context): Response =>
    c.json({ message: `the body exceeds ${maxBodyBytes} bytes` }, 413, { "x-amzn-errortype": "RequestEntityTooLargeException" });
  app.use(except("/objects/*", bodyLimit({ maxSize: maxBodyBytes, onError: tooLarge })));
  if (credentials !== undefined) app.use(signedOnly(credentials));
  // The data plane first: it lets pass what is not signed for it.
  app.route("/", deviceApi(rules));
  app.route("/", controlApi(rules, endpoints));
  app.route("/", objectApi(objects));
  app.notFound((c) =>
    c.json({ message: `No operation of this service is at ${c.req.method} ${c.req.path}` }, 404, {
      "x-amzn-errortype": "UnknownOperationException",
    }),
  );
  app.onError((error, c) => {
    if (error instanceof DeviceRefusal) return deviceRefusal(c, error);
    if (error instanceof ControlRefusal) {
      const { name, message, status, members } = error;
      return c.json({ message, ...members }, status as ContentfulStatusCode, { "x-amzn-errortype": name });
    }
    broken(error);
    return c.json({ message: "the service failed" }, 500, { "x-amzn-errortype": "InternalFailureException" });
  });
  const listener = getRequestListener(app.fetch);
  return {
    plain: createServer(listener),
    secure: ({ certificate, privateKey }, ca) =>
      createTlsServer(
        // A client without a certificate, or with another's, is let in as nobody's device.
        { cert: certificate, key: privateKey, ca, requestCert: true, rejectUnauthorized: false, minVersion: "TLSv1.2" },
        listener,
      ),
  };
}
