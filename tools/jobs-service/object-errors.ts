/** How S3 says no: a code and a message in XML, with what helps to understand it. */
import { randomBytes } from "node:crypto";

export type ObjectError =
  | { readonly code: "Expired"; readonly expiresInSec: string; readonly endMs: number; readonly nowMs: number }
  | { readonly code: "BadSignature"; readonly accessKeyId: string; readonly signature: string }
  | { readonly code: "BadQuery" }
  | { readonly code: "Refused"; readonly as: SignatureCode; readonly message: string }
  | { readonly code: "BadName"; readonly message: string }
  | { readonly code: "TooLarge"; readonly maxBytes: number }
  | { readonly code: "BadDigest"; readonly name: string }
  | { readonly code: "IncompleteBody" }
  | { readonly code: "NotImplemented"; readonly header: string }
  | { readonly code: "NoSuchKey"; readonly key: string }
  | { readonly code: "BadRange"; readonly range: string; readonly sizeBytes: number }
  | { readonly code: "PreconditionFailed"; readonly condition: string }
  | { readonly code: "SlowDown" }
  | { readonly code: "InternalError" };

/** What S3 calls what the signature of a request lacks, by AWS IoT's name for it. */
export const signatureCodes: Readonly<Record<string, SignatureCode>> = {
  UnrecognizedClientException: "InvalidAccessKeyId",
  IncompleteSignatureException: "AuthorizationHeaderMalformed",
  InvalidSignatureException: "SignatureDoesNotMatch",
};

type SignatureCode = "AccessDenied" | "InvalidAccessKeyId" | "AuthorizationHeaderMalformed" | "SignatureDoesNotMatch";

export interface ErrorAnswer {
  readonly status: 400 | 403 | 404 | 412 | 416 | 500 | 501 | 503;
  readonly xml: string;
}

type Described = readonly [
  status: ErrorAnswer["status"],
  code: string,
  message: string,
  members?: Readonly<Record<string, string | number>>,
];

/** Codes, messages and members as S3's answers have them. */
function describe(error: ObjectError): Described {
  const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+/, "");
  switch (error.code) {
    case "Expired": {
      const members = { "X-Amz-Expires": error.expiresInSec, Expires: time(error.endMs), ServerTime: time(error.nowMs) };
      return [403, "AccessDenied", "Request has expired", members];
    }
    case "BadSignature": {
      const message = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
      return [403, "SignatureDoesNotMatch", message, { AWSAccessKeyId: error.accessKeyId, SignatureProvided: error.signature }];
    }
    case "BadQuery": {
      const message =
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.";
      return [400, "AuthorizationQueryParametersError", message];
    }
    case "Refused":
      return [error.as === "AuthorizationHeaderMalformed" ? 400 : 403, error.as, error.message];
    case "BadName":
      return [400, "InvalidArgument", error.message];
    case "TooLarge": {
      const message = "Your proposed upload exceeds the maximum allowed size";
      return [400, "EntityTooLarge", message, { MaxSizeAllowed: error.maxBytes }];
    }
    case "BadDigest": {
      const message =
        error.name === "content-md5"
          ? "The Content-MD5 you specified did not match what we received."
          : `The ${error.name.slice("x-amz-checksum-".length).toUpperCase()} you specified did not match the calculated checksum.`;
      return [400, "BadDigest", message];
    }
    case "IncompleteBody":
      return [400, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header."];
    case "NotImplemented":
      return [501, "NotImplemented", "A header you provided implies functionality that is not implemented", { Header: error.header }];
    case "NoSuchKey":
      return [404, "NoSuchKey", "The specified key does not exist.", { Key: error.key }];
    case "BadRange": {
      const members = { RangeRequested: error.range, ActualObjectSize: error.sizeBytes };
      return [416, "InvalidRange", "The requested range is not satisfiable", members];
    }
    case "PreconditionFailed":
      return [412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", { Condition: error.condition }];
    case "SlowDown":
      return [503, "SlowDown", "Please reduce your request rate."];
    case "InternalError":
      return [500, "InternalError", "We encountered an internal error. Please try again."];
  }
}

/** The two ids that every answer of S3 has. */
export function requestIds(): { readonly requestId: string; readonly hostId: string } {
  return { requestId: randomBytes(8).toString("hex").toUpperCase(), hostId: randomBytes(56).toString("base64") };
}

export function errorAnswer(error: ObjectError, { requestId, hostId }: ReturnType<typeof requestIds>): ErrorAnswer {
  const [status, code, message, members = {}] = describe(error);
  const all = { Code: code, Message: message, ...members, RequestId: requestId, HostId: hostId };
  const body = Object.entries(all).map(([name, value]) => `<${name}>${escaped(String(value))}</${name}>`);
  return { status, xml: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${body.join("")}</Error>` };
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
