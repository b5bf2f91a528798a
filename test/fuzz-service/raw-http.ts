/** HTTP as bytes, over a connection that never leaves this process. */
import type { Duplex } from "node:stream";

/** What came back. `head` is empty where the connection closed without an answer. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends bytes and gives all that comes back until the connection is over. Without `stays` the end is sent too: Node then hangs up. */
export function exchangeBytes(connection: Duplex, pieces: readonly (string | Uint8Array)[], stays: boolean): Promise<Buffer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    connection.on("data", (part: Buffer) => parts.push(part));
    connection.on("error", () => {}); // A connection that is closed is an answer too.
    connection.once("close", () => resolve(Buffer.concat(parts)));
    connection.once("end", () => connection.destroy());
    for (const piece of pieces) connection.write(piece);
    if (!stays) connection.end();
  });
}

/** The first final answer in what came back, undefined where there is none. */
export function readAnswer(bytes: Buffer): RawAnswer | undefined {
  const text = bytes.toString("latin1").replace(/^HTTP\/1\.1 1\d\d [^\r]*\r\n(?:[^\r]+\r\n)*\r\n/, "");
  const end = text.indexOf("\r\n\r\n");
  const [line = "", ...fields] = text.slice(0, Math.max(end, 0)).split("\r\n");
  const status = /^HTTP\/1\.1 (\d{3})/.exec(line)?.[1];
  if (status === undefined) return undefined;
  const headers = new Map(
    fields.map((field) => [field.slice(0, field.indexOf(":")).toLowerCase(), field.slice(field.indexOf(":") + 1).trim()]),
  );
  return { status: Number(status), headers, body: Buffer.from(text.slice(end + 4), "latin1").toString() };
}

/** Why an answer is none that AWS would give, undefined where it is one. `isHead` has no body to look at. */
export function complaintAbout({ status, headers, body }: RawAnswer, isHead: boolean): string | undefined {
  if (status >= 500) return `status ${status}`;
  if (status < 400 || isHead) return undefined;
  // What cannot be read as HTTP is answered by Node itself, without a body, and the connection ends.
  const length = headers.get("content-length") ?? "0";
  if (headers.get("content-type") === undefined)
    return headers.get("connection") === "close" && length === "0" ? undefined : "an empty answer";
  if (headers.get("content-type") === "application/xml")
    return /<Error><Code>\w+<\/Code><Message>/.test(body) ? undefined : "no error of S3";
  const type = headers.get("x-amzn-errortype") ?? "";
  if (!/^\w+Exception$/.test(type)) return `errortype '${type}'`;
  const { message } = JSON.parse(body) as { message?: unknown };
  return typeof message === "string" && message !== "" ? undefined : "no message";
}
