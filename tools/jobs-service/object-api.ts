/** GET, HEAD and PUT of objects over HTTP. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Objects } from "./objects";

const maxObjectBytes = 32 * 1024 * 1024;

/** The bytes a Range header asks for: undefined means all of them, "unsatisfiable" none. Several ranges in one header are not served apart. */
export function readRange(header: string | undefined, sizeBytes: number): { first: number; last: number } | "unsatisfiable" | undefined {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (parts === null || (parts[1] === "" && parts[2] === "")) return undefined;
  const [start = "", end = ""] = parts.slice(1);
  const first = start === "" ? Math.max(0, sizeBytes - Number(end)) : Number(start);
  const last = start === "" || end === "" ? sizeBytes - 1 : Math.min(Number(end), sizeBytes - 1);
  if (start !== "" && end !== "" && Number(end) < first) return undefined;
  return first >= sizeBytes || (start === "" && Number(end) === 0) ? "unsatisfiable" : { first, last };
}

export function objectApi(objects: Objects): Hono {
  const app = new Hono();
  const tooLarge = bodyLimit({ maxSize: maxObjectBytes, onError: (c) => c.text(`at most ${maxObjectBytes} bytes are stored`, 413) });

  app.put("/objects/:name{.+}", tooLarge, async (c) => {
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    return c.json({ url: objects.put(c.req.param("name"), bytes), sizeBytes: bytes.length });
  });

  app.get("/objects/:name{.+}", (c) => {
    const name = c.req.param("name");
    if (!objects.isAllowed(name, new URL(c.req.url).searchParams)) return c.text("the signature is wrong or has expired", 403);
    const object = objects.get(name);
    if (object === undefined) return c.text("no such object", 404);
    const { bytes, etag } = object;
    const headers = { "accept-ranges": "bytes", "content-type": "application/octet-stream", etag };
    const range = readRange(c.req.header("range"), bytes.length);
    if (range === "unsatisfiable") return c.body(null, 416, { ...headers, "content-range": `bytes */${bytes.length}` });
    const { first, last } = range ?? { first: 0, last: bytes.length - 1 };
    const part = bytes.subarray(first, last + 1) as Uint8Array<ArrayBuffer>;
    const partHeaders = range === undefined ? {} : { "content-range": `bytes ${first}-${last}/${bytes.length}` };
    return c.body(part, range === undefined ? 200 : 206, { ...headers, ...partHeaders, "content-length": String(part.length) });
  });
  return app;
}
