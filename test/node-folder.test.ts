/** The agent as a process of this computer, in a folder where something is wrong. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runNodeAgent } from "../src/platform/node/main";
import { openAuthority } from "../tools/jobs-service/certificates";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "agent-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(name: string, contents: unknown): void {
  writeFileSync(join(dir, name), typeof contents === "string" ? contents : JSON.stringify(contents));
}

const good = { thingName: "desk", endpoint: "localhost", port: 8883 };

describe("a wrong folder stops it with one sentence", () => {
  /** The sentence that it stops with; the settings are those of `good` with changes. */
  async function sentence(settings: unknown, pems: Record<string, string> = {}): Promise<string> {
    if (settings !== undefined) put("settings.json", settings);
    for (const [name, text] of Object.entries(pems)) put(name, text);
    const error: unknown = await runNodeAgent({ dir, log: () => undefined }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(Error);
    const { message } = error as Error;
    expect(message).not.toContain("\n");
    return message;
  }

  test.each([
    ["no settings", undefined, /^settings\.json is missing/],
    ["settings that are not JSON", "{", /^settings\.json is not a JSON object/],
    ["settings that are an array", [], /^settings\.json is not a JSON object/],
    ["no thing name", { endpoint: "localhost" }, /^settings\.json: setting "thingName" is missing/],
    ["a bad thing name", { ...good, thingName: "a/b" }, /^settings\.json: setting "thingName" must/],
    ["a port out of range", { ...good, port: 70000 }, /^settings\.json: setting "port" must be a whole number/],
    ["a claim of the wrong type", { ...good, tls: "yes" }, /^settings\.json: setting "tls" must be true or false/],
    ["no certificate", good, /^ca\.pem is missing/],
  ])("%s", async (_, settings, wanted) => {
    expect(await sentence(settings)).toMatch(wanted);
  });

  test("certificates that are none, or do not fit, without their contents", async () => {
    const authority = await openAuthority();
    const [one, other] = [await authority.issueDevice("one"), await authority.issueDevice("other")];
    const pems = { "ca.pem": authority.ca, "cert.pem": one.certificate, "key.pem": one.privateKey };
    expect(await sentence(good, { ...pems, "ca.pem": "rubbish" })).toBe("ca.pem is not a certificate in PEM form");
    expect(await sentence(good, { ...pems, "cert.pem": "rubbish" })).toBe("cert.pem is not a certificate in PEM form");
    expect(await sentence(good, { ...pems, "key.pem": "rubbish" })).toBe("key.pem is not a private key in PEM form");
    expect(await sentence(good, { ...pems, "key.pem": other.privateKey })).toBe("key.pem is not the key of cert.pem");
    expect(await sentence(good, { ...pems, "http-ca.pem": "rubbish" })).toBe("http-ca.pem is not a certificate in PEM form");
  });

  test("a signer's key that is none, or not the public one, without its contents", async () => {
    const plain = { ...good, tls: false };
    const pem = (curve: string): string =>
      generateKeyPairSync("ec", { namedCurve: curve }).publicKey.export({ type: "spki", format: "pem" }).toString();
    const own = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    expect(await sentence(plain, { "signer.pem": "rubbish" })).toBe("signer.pem is not a public key in PEM form");
    expect(await sentence(plain, { "signer.pem": pem("P-384") })).toBe("signer.pem is not a key on the curve P-256");
    expect(await sentence(plain, { "signer.pem": own })).toBe("signer.pem holds a private key, and a device needs the public one");
  });
});
