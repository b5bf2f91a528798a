/**
 * URLs of objects: plain, or signed as S3's are. The parameters, their order and the length are those of a URL that the JavaScript
 * SDK signs with the credentials of a role; the signature is ours, since only this service checks it.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { ObjectError } from "./object-errors";

export interface ObjectUrls {
  urlOf(name: string): string;
  /** The name of the object that a URL, ours or one of S3, stands for. */
  nameIn(url: URL): string;
  /** A signed URL for what a placeholder names. Never the same twice. `thingName` is whom it is for. */
  presign(url: string, expiresInSec: number, thingName?: string): string;
  /** Judges the query of a URL: one without a signature is let in, for nobody in particular. */
  judge(name: string, query: URLSearchParams): Judgement;
}

export interface Judgement {
  readonly isSigned: boolean;
  /** Whom the URL was signed for. */
  readonly thingName: string | undefined;
  /** Why it does not let anybody in. */
  readonly error: ObjectError | undefined;
}

/** Session tokens make real signed URLs about 1.6 kB long; a device must not be spared that here. */
const tokenBytes = 900;
/** "origin_ec" in the form in which the tokens of STS begin. */
const tokenStart = Buffer.from("IQoJb3JpZ2luX2Vj", "base64");
const algorithm = "AWS4-HMAC-SHA256";
const needed = ["Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires"].map((part) => `X-Amz-${part}`);

export function openObjectUrls(
  base: () => string,
  now: () => number,
  exists: (name: string) => boolean,
  secret: Uint8Array = randomBytes(32),
): ObjectUrls {
  /** Of the name and of every other parameter. */
  function sign(name: string, query: URLSearchParams): string {
    const signed = [...query].filter(([key]) => key !== "X-Amz-Signature").sort(([one], [other]) => (one < other ? -1 : 1));
    return createHmac("sha256", secret)
      .update(JSON.stringify([name, signed]))
      .digest("hex");
  }

  function urlOf(name: string): string {
    return `${base()}/objects/${name.split("/").map(encodeURIComponent).join("/")}`;
  }

  /** The object that a URL names: one of ours, or `bucket/key`, or the key's last part if only that is stored. */
  function nameIn(url: URL): string {
    const path = decoded(url.pathname).replace(/^\//, "");
    const bucket = /^(.+)\.s3[.-].*amazonaws\.com$/.exec(url.hostname)?.[1];
    const own = url.href.startsWith(`${base()}/objects/`) ? path.replace(/^objects\//, "") : undefined;
    const names = [own, bucket === undefined ? path : `${bucket}/${path}`, path.slice(path.lastIndexOf("/") + 1)];
    const known = names.filter((name) => name !== undefined);
    return known.find(exists) ?? known[0] ?? path;
  }

  function check(name: string, query: URLSearchParams): ObjectError | undefined {
    if (needed.some((key) => query.get(key) === null) || query.get("X-Amz-Algorithm") !== algorithm) return { code: "BadQuery" };
    const expiresInSec = query.get("X-Amz-Expires") ?? "";
    const signedAtMs = Date.parse(
      (query.get("X-Amz-Date") ?? "").replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
    );
    if (Number.isNaN(signedAtMs) || !/^\d{1,6}$/.test(expiresInSec)) return { code: "BadQuery" };
    const endMs = signedAtMs + Number(expiresInSec) * 1000;
    if (now() >= endMs) return { code: "Expired", expiresInSec, endMs, nowMs: now() };
    const signature = query.get("X-Amz-Signature") ?? "";
    const wanted = Buffer.from(sign(name, query));
    const given = Buffer.from(signature);
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return undefined;
    return { code: "BadSignature", accessKeyId: (query.get("X-Amz-Credential") ?? "").split("/")[0] ?? "", signature };
  }

  return {
    nameIn,
    urlOf,
    presign(url, expiresInSec, thingName = "") {
      const named = new URL(url);
      const date = new Date(now()).toISOString().replace(/[-:]|\.\d+/g, "");
      const region = /s3[.-]([a-z0-9-]+)\.amazonaws\.com$/.exec(named.hostname)?.[1] ?? "us-east-1";
      const query = new URLSearchParams({
        "X-Amz-Algorithm": algorithm,
        "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
        "X-Amz-Credential": `${accessKeyId()}/${date.slice(0, 8)}/${region}/s3/aws4_request`,
        "X-Amz-Date": date,
        "X-Amz-Expires": String(expiresInSec),
        "X-Amz-Security-Token": tokenFor(thingName),
        "X-Amz-Signature": "",
        "X-Amz-SignedHeaders": "host",
        "x-id": "GetObject",
      });
      const name = nameIn(named);
      query.set("X-Amz-Signature", sign(name, query));
      // As S3's own, a space is %20 and a plus %2B.
      return `${urlOf(name)}?${query.toString().replace(/\+/g, "%20")}`;
    },
    judge(name, query) {
      const isSigned = [...query.keys()].some((key) => key.startsWith("X-Amz-"));
      if (!isSigned) return { isSigned, thingName: undefined, error: undefined };
      const error = check(name, query);
      const isOurs = error === undefined || error.code === "Expired";
      return { isSigned, thingName: isOurs ? thingIn(query.get("X-Amz-Security-Token") ?? "") : undefined, error };
    },
  };
}

/** As it stands when it is not well encoded. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** An id of temporary credentials: ASIA and 16 characters of base 32. */
function accessKeyId(): string {
  return `ASIA${Array.from(randomBytes(16), (byte) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".charAt(byte % 32)).join("")}`;
}

/** Opaque, as real ones are; this one holds the thing's name, so that a fault can meet one thing's downloads. */
function tokenFor(thingName: string): string {
  const name = Buffer.from(thingName);
  const head = Buffer.concat([tokenStart, Buffer.from([name.length]), name]);
  return Buffer.concat([head, randomBytes(tokenBytes - head.length)]).toString("base64");
}

function thingIn(token: string): string | undefined {
  const bytes = Buffer.from(token, "base64");
  const start = tokenStart.length + 1;
  const name = bytes.subarray(start, start + (bytes[tokenStart.length] ?? 0)).toString();
  return name === "" ? undefined : name;
}
