/** Objects to download, as a bucket in S3 would serve them: plain, or through a signed URL that expires. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

export interface StoredObject {
  readonly bytes: Uint8Array;
  /** Quoted MD5, as S3 has it. */
  readonly etag: string;
}

export interface Objects {
  put(name: string, bytes: Uint8Array): string;
  get(name: string): StoredObject | undefined;
  urlOf(name: string): string;
  /** A signed URL for what a placeholder names. Never the same twice. */
  presign(url: string, expiresInSec: number): string;
  /** Whether a URL may be used: true when it is unsigned, or well signed and in time. */
  isAllowed(name: string, query: URLSearchParams): boolean;
}

/** Session tokens make real signed URLs about 1.6 kB long; a device must not be spared that here. */
const tokenBytes = 900;

export function openObjects(base: () => string, now: () => number): Objects {
  const stored = new Map<string, StoredObject>();
  const secret = randomBytes(32);

  function sign(name: string, date: string, expires: string, token: string): string {
    return createHmac("sha256", secret).update([name, date, expires, token].join("\n")).digest("hex");
  }

  function urlOf(name: string): string {
    return `${base()}/objects/${name.split("/").map(encodeURIComponent).join("/")}`;
  }

  /** The object that a URL names: one of ours, or `bucket/key`, or the key's last part if only that is stored. */
  function nameIn(url: string): string {
    const { hostname, pathname } = new URL(url);
    const path = decodeURIComponent(pathname).replace(/^\//, "");
    const bucket = /^(.+)\.s3[.-].*amazonaws\.com$/.exec(hostname)?.[1];
    const own = url.startsWith(`${base()}/objects/`) ? path.replace(/^objects\//, "") : undefined;
    const names = [own, bucket === undefined ? path : `${bucket}/${path}`, path.slice(path.lastIndexOf("/") + 1)];
    const known = names.filter((name) => name !== undefined);
    return known.find((name) => stored.has(name)) ?? known[0] ?? path;
  }

  return {
    urlOf,
    put(name, bytes) {
      stored.set(name, { bytes, etag: `"${createHash("md5").update(bytes).digest("hex")}"` });
      return urlOf(name);
    },
    get: (name) => stored.get(name),
    presign(url, expiresInSec) {
      const name = nameIn(url);
      const date = new Date(now()).toISOString().replace(/[-:]|\.\d+/g, "");
      const token = randomBytes(tokenBytes).toString("base64");
      const expires = String(expiresInSec);
      const query = new URLSearchParams({
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": `LOCAL/${date.slice(0, 8)}/us-east-1/s3/aws4_request`,
        "X-Amz-Date": date,
        "X-Amz-Expires": expires,
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Security-Token": token,
        "X-Amz-Signature": sign(name, date, expires, token),
      });
      return `${urlOf(name)}?${query.toString()}`;
    },
    isAllowed(name, query) {
      const signature = query.get("X-Amz-Signature");
      if (signature === null) return true;
      const [date = "", expires = "", token = ""] = ["Date", "Expires", "Security-Token"].map((part) => query.get(`X-Amz-${part}`) ?? "");
      const wanted = sign(name, date, expires, token);
      if (signature.length !== wanted.length || !timingSafeEqual(Buffer.from(signature), Buffer.from(wanted))) return false;
      const signedAt = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
      return now() < signedAt + Number(expires) * 1000;
    },
  };
}
