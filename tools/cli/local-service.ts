/** What the local service has and AWS has not: its clock and its faults. Signed as calls of AWS are. */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { CommandFailed } from "./failing";
import { localCredentials } from "./local-credentials";
import { findService } from "./place";

/** Calls the service that `up` started in `dir`; gives its JSON. */
export async function callLocal(dir: string, method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const { https, ca } = findService(dir);
  const url = new URL(path, https);
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const signer = new SignatureV4({ credentials: localCredentials(dir), region: "us-east-1", service: "iot", sha256: Sha256 });
  const signed = await signer.sign({
    method,
    protocol: "https:",
    hostname: url.hostname,
    port: Number(url.port),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, "content-type": "application/json" },
    body: bytes,
  });
  const { status, text } = await exchange(url, readFileSync(ca, "utf8"), method, signed.headers, bytes);
  const json = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
  if (status < 300) return json;
  throw new CommandFailed(typeof json["message"] === "string" ? json["message"] : `the service answered ${status}`);
}

/** Whether the service that last started in `dir` answers. */
export async function isRunning(dir: string): Promise<boolean> {
  try {
    const { https, ca } = findService(dir);
    await exchange(new URL("/_local/clock", https), readFileSync(ca, "utf8"), "GET", {}, undefined);
    return true;
  } catch {
    return false;
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const patienceMs = 30_000;

function exchange(url: URL, ca: string, method: string, headers: Record<string, string>, body: Uint8Array | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = { "content-length": String(body?.length ?? 0) };
    const outgoing = request(url, { method, ca, headers: { ...headers, ...length }, agent: false, timeout: patienceMs }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString("utf8") }));
    });
    outgoing.on("timeout", () => outgoing.destroy(new CommandFailed("the Jobs service does not answer")));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
