/** Signatures of requests: whose they are, and whether they are right. */
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { describe, expect, it } from "vitest";
import { signedService } from "../tools/jobs-service/signature";
import { verifyRequest, type SignedRequest } from "../tools/jobs-service/sigv4";

// The keys, the time and the signature of "get-vanilla" in AWS's own Signature Version 4 test suite.
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const nowMs = Date.UTC(2015, 7, 30, 12, 36, 0);
const vanilla: SignedRequest = {
  method: "GET",
  url: "/",
  headers: {
    host: "example.amazonaws.com",
    "x-amz-date": "20150830T123600Z",
    authorization:
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
  },
};

function signer(service: string, more: object = {}): SignatureV4 {
  return new SignatureV4({ credentials: { ...credentials, ...more }, region: "eu-west-1", service, sha256: Sha256 });
}

interface Unsigned {
  readonly method: string;
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly body?: string;
}

function wire({ path, query }: Pick<Unsigned, "path" | "query">): string {
  const text = Object.entries(query ?? {}).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return text.length === 0 ? path : `${path}?${text.join("&")}`;
}

async function signed({ method, path, query = {}, body }: Unsigned, service = "iot"): Promise<SignedRequest> {
  const request = { method, path, query, protocol: "https:", hostname: "localhost", headers: { host: "localhost:8443" }, body };
  const { headers } = await signer(service).sign(request, { signingDate: new Date(nowMs) });
  return { method, url: wire({ path, query }), headers, ...(body !== undefined && { body: Buffer.from(body) }) };
}

async function presigned(service: string, path: string, expiresIn: number, sessionToken?: string): Promise<SignedRequest> {
  const request = { method: "GET", path, query: {}, protocol: "wss:", hostname: "localhost", headers: { host: "localhost" } };
  // As the device SDKs do it: the token comes after signing.
  const { query } = await signer(service).presign(request, { signingDate: new Date(nowMs), expiresIn });
  const all = { ...(query as Record<string, string>), ...(sessionToken !== undefined && { "X-Amz-Security-Token": sessionToken }) };
  return { method: "GET", url: wire({ path, query: all }), headers: { host: "localhost" } };
}

describe("a signature", () => {
  it("of AWS's own test suite is right", async () => {
    expect(await verifyRequest(vanilla, credentials, ["service"], nowMs)).toMatchObject({ region: "us-east-1", service: "service" });
  });

  it("in a header covers path, query and body, whatever needs escaping in them", async () => {
    const request = await signed({
      method: "PUT",
      path: "/things/my%3AThing/jobs/%24next",
      query: { a: "1 2", "b/c": "d+e" },
      body: '{"x":"ü"}',
    });
    expect(await verifyRequest(request, credentials, ["iot"], nowMs)).toMatchObject({ accessKeyId: "AKIDEXAMPLE", isPresigned: false });
    const wrong = /does not match/;
    await expect(verifyRequest({ ...request, method: "POST" }, credentials, ["iot"], nowMs)).rejects.toThrow(wrong);
    await expect(verifyRequest({ ...request, url: request.url.replace("my", "your") }, credentials, ["iot"], nowMs)).rejects.toThrow(wrong);
    await expect(verifyRequest({ ...request, url: `${request.url}&force=true` }, credentials, ["iot"], nowMs)).rejects.toThrow(wrong);
    await expect(verifyRequest({ ...request, body: Buffer.from("{}") }, credentials, ["iot"], nowMs)).rejects.toThrow(wrong);
    await expect(verifyRequest(request, { ...credentials, secretAccessKey: "other" }, ["iot"], nowMs)).rejects.toMatchObject({
      name: "InvalidSignatureException",
      status: 403,
    });
  });

  it("covers the body also when no header names its hash, as the AWS CLI signs", async () => {
    const plain = new SignatureV4({ credentials, region: "eu-west-1", service: "iot", sha256: Sha256, applyChecksum: false });
    const unsigned = {
      method: "POST",
      path: "/things/a",
      protocol: "https:",
      hostname: "localhost",
      headers: { host: "localhost" },
      body: "{}",
    };
    const { headers } = await plain.sign(unsigned, { signingDate: new Date(nowMs) });
    expect(headers).not.toHaveProperty("x-amz-content-sha256");
    const request = { method: "POST", url: "/things/a", headers, body: Buffer.from("{}") };
    expect(await verifyRequest(request, credentials, ["iot"], nowMs)).toMatchObject({ service: "iot" });
    await expect(verifyRequest({ ...request, body: Buffer.from("[]") }, credentials, ["iot"], nowMs)).rejects.toThrow(/does not match/);
  });

  it("in a URL is right until it expires, with a session token added after signing as device SDKs do", async () => {
    for (const request of [await presigned("iotdevicegateway", "/mqtt", 60), await presigned("iotdevicegateway", "/mqtt", 60, "FQoG/+=")]) {
      expect(await verifyRequest(request, credentials, ["iotdevicegateway"], nowMs + 59_000)).toMatchObject({
        isPresigned: true,
        expiresSec: 60,
      });
      await expect(verifyRequest(request, credentials, ["iotdevicegateway"], nowMs + 61_000)).rejects.toThrow(/^Signature expired/);
      const longer = { ...request, url: request.url.replace("Expires=60", "Expires=61") };
      await expect(verifyRequest(longer, credentials, ["iotdevicegateway"], nowMs)).rejects.toThrow(/does not match/);
    }
  });

  it("may be five minutes off the clock and no more", async () => {
    for (const offMs of [-300_000, 300_000]) {
      expect(await verifyRequest(vanilla, credentials, ["service"], nowMs + offMs)).toMatchObject({ service: "service" });
    }
    await expect(verifyRequest(vanilla, credentials, ["service"], nowMs + 301_000)).rejects.toThrow(
      "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)",
    );
    await expect(verifyRequest(vanilla, credentials, ["service"], nowMs - 301_000)).rejects.toThrow(/^Signature not yet current/);
  });

  const header = vanilla.headers["authorization"] ?? "";
  it.each([
    ["nothing", {}, "MissingAuthenticationTokenException", 403],
    ["another key", { authorization: header.replace("AKIDEXAMPLE", "AKIDOTHER") }, "UnrecognizedClientException", 403],
    ["another scheme", { authorization: "Basic YTpi" }, "IncompleteSignatureException", 400],
    ["no signature", { authorization: header.replace(/, Signature=.*/, "") }, "IncompleteSignatureException", 400],
    ["half a credential", { authorization: header.replace("/aws4_request", "") }, "IncompleteSignatureException", 400],
    ["no date", { "x-amz-date": undefined }, "IncompleteSignatureException", 400],
    ["a date that is none", { "x-amz-date": "yesterday" }, "IncompleteSignatureException", 400],
    ["the scope of another day", { "x-amz-date": "20150831T123600Z" }, "InvalidSignatureException", 403],
    ["a signature of another length", { authorization: header.replace(/5fa00f/, "") }, "InvalidSignatureException", 403],
    ["a host that is not signed", { authorization: header.replace("host;", "") }, "InvalidSignatureException", 403],
    ["a hash that is not the body's", { "x-amz-content-sha256": "0".repeat(64) }, "InvalidSignatureException", 403],
  ])("with %s is refused as AWS refuses it", async (_what, change: Record<string, string | undefined>, name, status) => {
    const headers = Object.keys(change).length === 0 ? { host: "example.amazonaws.com" } : { ...vanilla.headers, ...change };
    await expect(verifyRequest({ ...vanilla, headers }, credentials, ["service"], nowMs)).rejects.toMatchObject({ name, status });
  });

  it("for another service is refused, and tells its service before it is verified", async () => {
    await expect(verifyRequest(vanilla, credentials, ["iot"], nowMs)).rejects.toThrow("correct service: 'iot'");
    expect(signedService(vanilla)).toBe("service");
    expect(signedService(await presigned("iotdevicegateway", "/mqtt", 60))).toBe("iotdevicegateway");
    expect(signedService({ url: "/?X-Amz-Credential=%zz", headers: { authorization: "Bearer x" } })).toBeUndefined();
  });
});
