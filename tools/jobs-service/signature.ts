/** Reads what a Signature Version 4 says of itself, in the Authorization header or in a presigned URL, without believing it. */
import { ControlRefusal } from "./rules";
import type { SignedRequest } from "./sigv4";

export interface Signature {
  readonly accessKeyId: string;
  /** YYYYMMDD, of the credential's scope. */
  readonly shortDate: string;
  readonly region: string;
  /** `iot`, `iot-jobs-data`, `iotdevicegateway` or `s3`, for instance. */
  readonly service: string;
  /** In lower case. */
  readonly signedHeaders: readonly string[];
  /** Hexadecimal. */
  readonly value: string;
  /** YYYYMMDDTHHMMSSZ. */
  readonly longDate: string;
  readonly timeMs: number;
  readonly isPresigned: boolean;
  readonly expiresSec: number | undefined;
}

const algorithm = "AWS4-HMAC-SHA256";
const dateForm = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

function incomplete(message: string): never {
  throw new ControlRefusal("IncompleteSignatureException", message);
}

/** The query of a request's target, whatever its path is: `//` is no URL, not even with a base, and comes over the wire all the same. */
export function queryOf(url: string): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : url.slice(start + 1).split("#", 1)[0]);
}

/** The service that a request is signed for, as it claims. Never throws: an unsigned request has none. */
export function signedService({ url, headers }: Pick<SignedRequest, "url" | "headers">): string | undefined {
  const header = /Credential=[^,\s/]+\/\d{8}\/[^/,\s]+\/([^/,\s]+)\/aws4_request/.exec(headers["authorization"] ?? "")?.[1];
  if (header !== undefined) return header;
  const credential = queryOf(url).get("X-Amz-Credential") ?? "";
  return /^[^/]+\/\d{8}\/[^/]+\/([^/]+)\/aws4_request$/.exec(credential)?.[1];
}

/** What a signature says; undefined when there is none. Throws IncompleteSignatureException for one that lacks a part. */
export function readSignature(request: SignedRequest): Signature | undefined {
  const authorization = request.headers["authorization"];
  if (authorization !== undefined) return readHeader(authorization, request.headers);
  const query = queryOf(request.url);
  return query.has("X-Amz-Signature") || query.has("X-Amz-Algorithm") ? readQuery(query) : undefined;
}

function readHeader(authorization: string, headers: SignedRequest["headers"]): Signature {
  if (!authorization.startsWith(`${algorithm} `)) incomplete(`Unsupported AWS 'algorithm': '${authorization.split(" ", 1)[0] ?? ""}'.`);
  const parts = new Map(
    authorization
      .slice(algorithm.length + 1)
      .split(",")
      .map((part) => {
        const [name = "", ...rest] = part.trim().split("=");
        return [name, rest.join("=")] as const;
      }),
  );
  const missing = ["Credential", "Signature", "SignedHeaders"].filter((name) => (parts.get(name) ?? "") === "");
  const date = headers["x-amz-date"];
  const complaints = missing.map((name) => `Authorization header requires '${name}' parameter.`);
  if (date === undefined) complaints.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  if (complaints.length > 0) incomplete(complaints.join(" "));
  return read({
    credential: parts.get("Credential") ?? "",
    signedHeaders: parts.get("SignedHeaders") ?? "",
    value: parts.get("Signature") ?? "",
    longDate: date ?? "",
    expires: undefined,
    isPresigned: false,
  });
}

function readQuery(query: URLSearchParams): Signature {
  if (query.get("X-Amz-Algorithm") !== algorithm) incomplete(`Unsupported AWS 'algorithm': '${query.get("X-Amz-Algorithm") ?? ""}'.`);
  const missing = ["X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"].filter(
    (name) => (query.get(name) ?? "") === "",
  );
  if (missing.length > 0) incomplete(missing.map((name) => `AWS query-string parameters must include '${name}'.`).join(" "));
  return read({
    credential: query.get("X-Amz-Credential") ?? "",
    signedHeaders: query.get("X-Amz-SignedHeaders") ?? "",
    value: query.get("X-Amz-Signature") ?? "",
    longDate: query.get("X-Amz-Date") ?? "",
    expires: query.get("X-Amz-Expires") ?? undefined,
    isPresigned: true,
  });
}

function read(given: {
  credential: string;
  signedHeaders: string;
  value: string;
  longDate: string;
  expires: string | undefined;
  isPresigned: boolean;
}): Signature {
  const scope = /^([^/\s]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/.exec(given.credential);
  if (scope === null) {
    incomplete(`Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${given.credential}'`);
  }
  const date = dateForm.exec(given.longDate);
  if (date === null)
    incomplete(`Date must be in ISO-8601 'basic format'. Got '${given.longDate}'. See http://en.wikipedia.org/wiki/ISO_8601`);
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = date.slice(1).map(Number);
  const [, accessKeyId = "", shortDate = "", region = "", service = ""] = scope;
  if (given.expires !== undefined && !/^\d{1,7}$/.test(given.expires)) incomplete("X-Amz-Expires should be a number");
  return {
    accessKeyId,
    shortDate,
    region,
    service,
    signedHeaders: given.signedHeaders.split(";").map((name) => name.trim().toLowerCase()),
    value: given.value,
    longDate: given.longDate,
    timeMs: Date.UTC(year, month - 1, day, hours, minutes, seconds),
    isPresigned: given.isPresigned,
    expiresSec: given.expires === undefined ? undefined : Number(given.expires),
  };
}
