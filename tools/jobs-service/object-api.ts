/**
 * Objects over HTTP, as S3 has them: GetObject, HeadObject, PutObject and DeleteObject, in path style. With `/objects` as the endpoint the
 * first part of a name is the bucket; all buckets are there. The list at `/objects` is our own.
 */
import type { Context } from "hono";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { systemTime, type TimeSource } from "../time";
import { hangUp, sendBadly, wait } from "./http-faults";
import { condition } from "./object-conditions";
import { errorAnswer, requestIds, signatureCodes, type ObjectError } from "./object-errors";
import { badName, type Objects } from "./objects";
import { readUpload } from "./object-upload";
import type { ControlRefusal, Rules } from "./rules";
import type { FaultPlan } from "./rules/faults";

const maxObjectBytes = 32 * 1024 * 1024;

/** The bytes a Range header asks for: undefined means all of them, "unsatisfiable" none. Several ranges in one header are not served apart. */
function readRange(header: string | undefined, sizeBytes: number): { first: number; last: number } | "unsatisfiable" | undefined {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (parts === null || (parts[1] === "" && parts[2] === "")) return undefined;
  const [start = "", end = ""] = parts.slice(1);
  const first = start === "" ? Math.max(0, sizeBytes - Number(end)) : Number(start);
  const last = start === "" || end === "" ? sizeBytes - 1 : Math.min(Number(end), sizeBytes - 1);
  if (start !== "" && end !== "" && Number(end) < first) return undefined;
  return first >= sizeBytes || (start === "" && Number(end) === 0) ? "unsatisfiable" : { first, last };
}

/** Refuses a body that is larger than an object may be. */
export const objectLimit = bodyLimit({
  maxSize: maxObjectBytes,
  onError: (c) => refuseObject(c, { code: "TooLarge", maxBytes: maxObjectBytes }),
});

/** Bodies are as large as they come: see objectLimit. Without rules nothing goes wrong on request. */
export function objectApi(objects: Objects, rules?: Pick<Rules, "faults">, time: TimeSource = systemTime(true)): Hono {
  const app = new Hono();

  app.get("/objects", (c) => c.json({ objects: objects.list() }));

  app.put("/objects/:name{.+}", async (c) => {
    const name = c.req.param("name");
    const bad = badName(name);
    if (bad !== undefined) return refuseObject(c, { code: "BadName", message: bad });
    const upload = readUpload(c.req.header(), new Uint8Array(await c.req.arrayBuffer()));
    if ("code" in upload) return refuseObject(c, upload);
    objects.put(name, upload.bytes, upload.checksums);
    await objects.kept();
    return c.body(null, 200, { ...idHeaders(requestIds()), etag: objects.get(name)?.etag ?? "", ...upload.checksums });
  });

  // S3 answers the deletion of what is not there alike.
  app.delete("/objects/:name{.+}", async (c) => {
    objects.remove(c.req.param("name"));
    await objects.kept();
    return c.body(null, 204);
  });

  app.get("/objects/:name{.+}", async (c) => {
    const name = c.req.param("name");
    const { searchParams } = new URL(c.req.url);
    const { isSigned, thingName, error } = objects.judge(name, searchParams);
    const plan = c.req.method === "GET" ? rules?.faults.plan("download", thingName, "download") : undefined;
    if (plan?.delayMs !== undefined) await wait(time, plan.delayMs);
    if (plan?.drop === true) return hangUp(c);
    const refused = error ?? refusalOf(plan, isSigned ? searchParams : undefined, objects.now());
    if (refused !== undefined) return refuseObject(c, refused);
    const object = objects.get(name);
    if (object === undefined) return refuseObject(c, { code: "NoSuchKey", key: name });
    const { bytes, etag, lastModifiedMs, checksums } = object;
    const headers = {
      ...idHeaders(requestIds()),
      "accept-ranges": "bytes",
      "content-type": "binary/octet-stream",
      etag,
      "last-modified": new Date(lastModifiedMs).toUTCString(),
    };
    const met = condition(c.req.header(), object);
    if (met.outcome === "not-modified") return c.body(null, 304, headers);
    if (met.outcome === "failed") return refuseObject(c, { code: "PreconditionFailed", condition: met.header });
    const range = met.rangeHolds ? readRange(c.req.header("range"), bytes.length) : undefined;
    if (range === "unsatisfiable") {
      const error = { code: "BadRange", range: c.req.header("range") ?? "", sizeBytes: bytes.length } as const;
      return refuseObject(c, error, { "content-range": `bytes */${bytes.length}` });
    }
    const { first, last } = range ?? { first: 0, last: bytes.length - 1 };
    const part = bytes.subarray(first, last + 1) as Uint8Array<ArrayBuffer>;
    // Of a part S3 tells no checksum: those that it has are of the whole.
    const told = c.req.header("x-amz-checksum-mode") === "ENABLED" ? checksums : {};
    const partHeaders = range === undefined ? told : { "content-range": `bytes ${first}-${last}/${bytes.length}` };
    const answer = {
      status: range === undefined ? (200 as const) : (206 as const),
      headers: { ...headers, ...partHeaders, "content-length": String(part.length) },
      bytes: plan?.corruptAt === undefined ? part : corrupted(part, plan.corruptAt),
    };
    if (plan?.truncateAt !== undefined || plan?.bytesPerSecond !== undefined) return sendBadly(c, time, answer, plan);
    return c.body(answer.bytes, answer.status, answer.headers);
  });
  return app;
}

function refusalOf(plan: FaultPlan | undefined, signed: URLSearchParams | undefined, nowMs: number): ObjectError | undefined {
  if (plan?.refusal === "throttle") return { code: "SlowDown" };
  if (plan?.refusal === "internal-error") return { code: "InternalError" };
  if (plan?.expired !== true || signed === undefined) return undefined;
  return { code: "Expired", expiresInSec: signed.get("X-Amz-Expires") ?? "", endMs: nowMs, nowMs };
}

/** What is refused before an object is looked at, for its signature, in S3's words. */
export function refuseSignature(c: Context, { name, message }: ControlRefusal): Response {
  return refuseObject(c, { code: "Refused", as: signatureCodes[name] ?? "AccessDenied", message });
}

/** A refusal as S3 words it. */
export function refuseObject(c: Context, error: ObjectError, headers: Readonly<Record<string, string>> = {}): Response {
  const ids = requestIds();
  const { status, xml } = errorAnswer(error, ids);
  const length = { "content-type": "application/xml", "content-length": String(Buffer.byteLength(xml)) };
  return c.body(xml, status, { ...idHeaders(ids), ...headers, ...length });
}

function idHeaders({ requestId, hostId }: ReturnType<typeof requestIds>) {
  return { "x-amz-request-id": requestId, "x-amz-id-2": hostId, server: "AmazonS3" };
}

/** With one bit of one byte turned. */
function corrupted(bytes: Uint8Array<ArrayBuffer>, at: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes); // A Buffer's slice would be the stored bytes themselves.
  const index = Math.floor(at * copy.length);
  if (index < copy.length) copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}
