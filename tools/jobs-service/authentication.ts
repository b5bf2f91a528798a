/** Who may call over HTTP: everyone on this computer, or whoever signs with the secret that the service was given. */
import type { Context, MiddlewareHandler } from "hono";
import { clientCertificate, incomingOf } from "./client-certificate";
import { signedService } from "./signature";
import type { Credentials, SignedRequest } from "./sigv4";
import { verifyRequest } from "./sigv4";

/** The service names of the two planes in a signature's scope (API models). */
const controlService = "iot";
const deviceService = "iot-jobs-data";

/** The request without its body, as it came over the wire: routing has decoded what was signed. */
function wireRequest(c: Context): SignedRequest {
  const { method = "GET", url = "/", headers } = incomingOf(c);
  const flat = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]);
  return { method, url, headers: Object.fromEntries(flat) as Record<string, string | undefined> };
}

/**
 * Whether a request means the data plane. Both planes have `GET /things/T/jobs` and `GET /things/T/jobs/J`: the service in the
 * signature's scope says which one is meant, else the host's name, else a device's certificate.
 */
export function isForDevices(c: Context): boolean {
  // A certificate opens the data plane's own paths and nothing else.
  if (!/^\/things\/[^/]+\/jobs(\/[^/]+)?$/.test(c.req.path) || !/^(GET|PUT|POST)$/.test(c.req.method)) return false;
  const request = wireRequest(c);
  const service = signedService(request);
  if (service !== undefined) return service === deviceService;
  if (/\.jobs\.iot\./.test(request.headers["host"] ?? "") || clientCertificate(c) !== undefined) return true;
  // What only the data plane has.
  return request.method !== "GET";
}

/** Refuses what is not signed with these credentials. A device's own certificate is enough on the data plane, as on AWS's port 8443. */
export function signedOnly(credentials: Credentials): MiddlewareHandler {
  return async (c, next) => {
    const { method } = c.req;
    const isObject = c.req.path.startsWith("/objects/");
    // Objects are read with presigned URLs, which have signatures of their own, and by those who have none.
    const isOpen = isObject && (method === "GET" || method === "HEAD") && c.req.header("authorization") === undefined;
    const forDevices = !isObject && isForDevices(c);
    if (!isOpen && !(forDevices && c.req.header("authorization") === undefined && clientCertificate(c) !== undefined)) {
      const services = forDevices ? [deviceService] : isObject ? ["s3", controlService] : [controlService];
      const body = new Uint8Array(await c.req.arrayBuffer());
      await verifyRequest({ ...wireRequest(c), body }, credentials, services);
    }
    return next();
  };
}
