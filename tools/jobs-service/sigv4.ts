/** AWS Signature Version 4, from the side that receives: whose signature a request carries, and whether it is right. */
import { timingSafeEqual } from "node:crypto";
import { Sha256 } from "@aws-crypto/sha256-js";
import { createScope, getCanonicalHeaders, SignatureV4 } from "@smithy/signature-v4";
import { ControlRefusal } from "./rules";
import { queryOf, readSignature, type Signature } from "./signature";

/** The one pair of keys that a service knows when signatures are verified. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What was signed: the request as it came over the wire. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as sent, percent-encoded. */
  readonly url: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: Uint8Array;
}

/** What the API reference calls `Signature expired`: more than five minutes off the service's clock. */
const maxSkewMs = 5 * 60_000;
const maxExpiresSec = 7 * 24 * 3600;
/** What S3 takes for the hash of a body that was not hashed; the second is of chunks that a checksum follows. */
const unsignedPayloads: readonly string[] = ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"];
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const mismatch =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

function refuse(message: string): never {
  throw new ControlRefusal("InvalidSignatureException", message);
}

/** Gives the steps of the signer one by one: the request in hand is the sender's, and nothing may be added to it. */
class Verifier extends SignatureV4 {
  async signatureOf(request: SignedRequest, signature: Signature, query: Record<string, string | string[]>, payloadHash: string) {
    const { longDate, shortDate, region, service, signedHeaders } = signature;
    const headers = Object.fromEntries(signedHeaders.map((name) => [name, valueOf(request, name)]));
    const canonical = this.createCanonicalRequest(
      { method: request.method, protocol: "https:", hostname: "", path: pathOf(request.url), headers, query },
      getCanonicalHeaders({ method: "", protocol: "", hostname: "", path: "", headers }, undefined, new Set(signedHeaders)),
      payloadHash,
    );
    const toSign = await this.createStringToSign(longDate, createScope(shortDate, region, service), canonical, "AWS4-HMAC-SHA256");
    return this.sign(toSign, { signingDate: new Date(signature.timeMs), signingRegion: region, signingService: service });
  }
}

/**
 * Checks the signature of a request and gives what it says. `services` are those that it may be scoped to. Throws a ControlRefusal
 * with the name and status that AWS uses.
 */
export async function verifyRequest(
  request: SignedRequest,
  credentials: Credentials,
  services: readonly string[],
  nowMs: number = Date.now(),
): Promise<Signature> {
  const signature = readSignature(request);
  if (signature === undefined) throw new ControlRefusal("MissingAuthenticationTokenException", "Missing Authentication Token");
  if (signature.accessKeyId !== credentials.accessKeyId) {
    throw new ControlRefusal("UnrecognizedClientException", "The security token included in the request is invalid.");
  }
  if (!services.includes(signature.service)) {
    refuse(`Credential should be scoped to correct service: '${services.join("' or '")}'.`);
  }
  if (!signature.longDate.startsWith(signature.shortDate))
    refuse("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date.");
  if (!signature.signedHeaders.includes("host")) refuse("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  checkTime(signature, nowMs);
  const payloadHash = await payloadHashOf(request, signature);
  const verifier = new Verifier({
    credentials,
    region: signature.region,
    service: signature.service,
    sha256: Sha256,
    uriEscapePath: signature.service !== "s3",
    applyChecksum: false,
  });
  for (const query of queriesOf(request, signature)) {
    if (isSame(await verifier.signatureOf(request, signature, query, payloadHash), signature.value)) return signature;
  }
  return refuse(mismatch);
}

function checkTime({ timeMs, longDate, expiresSec, isPresigned }: Signature, nowMs: number): void {
  const shown = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
  if (timeMs - nowMs > maxSkewMs) {
    refuse(`Signature not yet current: ${longDate} is still later than ${shown(nowMs + maxSkewMs)} (${shown(nowMs)} + 5 min.)`);
  }
  const lifeMs = isPresigned && expiresSec !== undefined ? Math.min(expiresSec, maxExpiresSec) * 1000 : maxSkewMs;
  if (nowMs - timeMs > lifeMs) {
    refuse(`Signature expired: ${longDate} is now earlier than ${shown(nowMs - lifeMs)} (${shown(nowMs)} - ${lifeMs / 60_000} min.)`);
  }
}

/** The hash that was signed. A header that names one must name that of the body, or the body could be another. */
async function payloadHashOf({ headers, body }: SignedRequest, { service, isPresigned }: Signature): Promise<string> {
  const named = headers["x-amz-content-sha256"];
  if (service === "s3") {
    const claimed = named ?? (isPresigned ? unsignedPayloads[0] : undefined);
    if (claimed !== undefined && unsignedPayloads.includes(claimed)) return claimed;
  }
  const isEmpty = body === undefined || body.length === 0;
  const hash = isEmpty ? emptyHash : await sha256(body);
  if (named !== undefined && named !== hash) refuse("The value of x-amz-content-sha256 does not match the body.");
  return hash;
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const hash = new Sha256();
  hash.update(bytes);
  return Buffer.from(await hash.digest()).toString("hex");
}

/** The queries that may have been signed. For WebSockets AWS IoT wants the session token added after signing (developer guide). */
function queriesOf({ url }: SignedRequest, { isPresigned }: Signature): Record<string, string | string[]>[] {
  const all: Record<string, string | string[]> = {};
  for (const [name, value] of queryOf(url)) {
    const known = Object.hasOwn(all, name) ? all[name] : undefined;
    all[name] = known === undefined ? value : [known, value].flat();
  }
  const { "X-Amz-Security-Token": token, ...withoutToken } = all;
  return isPresigned && token !== undefined ? [all, withoutToken] : [all];
}

function pathOf(url: string): string {
  return /^(?:https?:\/\/[^/?#]*)?([^?#]*)/.exec(url)?.[1] ?? "/";
}

/** Own members only: `constructor` is no header. */
function valueOf({ headers }: SignedRequest, name: string): string {
  return (Object.hasOwn(headers, name) ? headers[name] : undefined) ?? "";
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
