/** What the component's C says of a signature, and what the virtual board says in its place: the same, for every kind of key and signature. */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import { expect, test } from "vitest";
import { openAuthority } from "../tools/jobs-service/certificates";
import { verifySignature } from "../tools/virtual-esp32/signature";
import { build, compilers, missing, output, scratchFile, verifier } from "./firmware/programs";
import { signatureVectors } from "./surroundings/signature-vectors";

interface Case {
  readonly name: string;
  readonly key: Buffer;
  readonly digest: Buffer;
  readonly signature: Buffer;
}

const message = Buffer.from("an image of which every byte counts");
const digest = createHash("sha256").update(message).digest();
const ours = generateKeyPairSync("ec", { namedCurve: "P-256" });
const good = sign("sha256", message, ours.privateKey);
const spki = (key: KeyObject): Buffer => Buffer.from(key.export({ type: "spki", format: "pem" }));

/** Codes that have a meaning of their own in the component's README; all others say that the key is none, and differ between versions of Mbed TLS. */
const told = new Set([0, -0x4e00, -0x3e80, -0x3f00, -0x3a00]);
const meaning = (code: number): number | string => (told.has(code) ? code : code < 0 ? "no key" : code);

/** As the component's Lua module hands them over: signatures are out of their base64. */
function vectorCases(): Case[] {
  return signatureVectors().map(({ name, signer, message: text, signature }) => ({
    name,
    key: Buffer.from(signer),
    digest: createHash("sha256").update(text).digest(),
    signature: Buffer.from(signature, "base64"),
  }));
}

async function keyCases(): Promise<Case[]> {
  const pem = spki(ours.publicKey);
  const { certificate } = await (await openAuthority()).issueDevice("signer");
  const authority = Buffer.from(certificate);
  const broken = Buffer.from(certificate.replace(/(?<=^.{200})[^-]{60}/s, (part) => part.replaceAll(/\w/g, "A")));
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
  const keys: Record<string, Buffer> = {
    "a key": pem,
    "with Windows line ends": Buffer.from(pem.toString().replaceAll("\n", "\r\n")),
    "with a NUL behind it": Buffer.concat([pem, Buffer.alloc(1)]),
    "with text before and behind": Buffer.concat([Buffer.from("the signer's key:\n"), pem, Buffer.from("that was it\n")]),
    "in DER": ours.publicKey.export({ type: "spki", format: "der" }),
    "a certificate": authority,
    "a certificate in DER": Buffer.from(certificate.replaceAll(/-----.*-----|\s/g, ""), "base64"),
    "two certificates": Buffer.concat([authority, authority]),
    "a second certificate that cannot be read": Buffer.concat([authority, broken]),
    "a certificate that cannot be read": broken,
    "a key behind another's certificate": Buffer.concat([authority, pem]),
    "a key before a private one": Buffer.concat([pem, Buffer.from(ours.privateKey.export({ type: "pkcs8", format: "pem" }))]),
    "a key that cannot be read, behind a certificate": Buffer.concat([authority, Buffer.from(pem.toString().replace(/\n.{30}/, "\nAAAA"))]),
    "a private key": Buffer.from(ours.privateKey.export({ type: "pkcs8", format: "pem" })),
    "a private key of the older form": Buffer.from(ours.privateKey.export({ type: "sec1", format: "pem" })),
    "an RSA key": spki(rsa),
    "an RSA key of the older form": Buffer.from(rsa.export({ type: "pkcs1", format: "pem" })),
    "P-384": spki(generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey),
    secp256k1: spki(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey),
    Ed25519: spki(generateKeyPairSync("ed25519").publicKey),
    "half a key": pem.subarray(0, pem.length / 2),
    "half a certificate": authority.subarray(0, authority.length / 2),
    "half a key in DER": ours.publicKey.export({ type: "spki", format: "der" }).subarray(0, 45),
    "a key without its lines": Buffer.from(pem.toString().replaceAll(/-----.*-----\n/g, "")),
    "a word": Buffer.from("no key"),
    nothing: Buffer.alloc(0),
    "too much": Buffer.concat([pem, Buffer.alloc(4097 - pem.length, 10)]),
    "as much as there may be": Buffer.concat([pem, Buffer.alloc(4096 - pem.length, 10)]),
  };
  return Object.entries(keys).map(([name, key]) => ({ name: `the key is ${name}`, key, digest, signature: good }));
}

/** Good signatures with one byte changed, and others that only look like signatures. */
function changedCases(): Case[] {
  const key = spki(ours.publicKey);
  const changed = Array.from({ length: good.length }, (_, at) => {
    const signature = Buffer.from(good);
    signature[at]! ^= 1 << (at % 8);
    return { name: `byte ${at} is another`, key, digest, signature };
  });
  const random = Array.from({ length: 200 }, (_, n) => {
    const signature = randomBytes(8 + (n % 65));
    signature.set([0x30, signature.length - 2, 2, n % 34], 0);
    return { name: `random ${signature.toString("hex")}`, key, digest, signature };
  });
  return [...changed, ...random, { name: "one and one", key, digest, signature: Buffer.from("3006020101020101", "hex") }];
}

test.skipIf(compilers.length === 0 || missing().length > 0)(
  "the component and the virtual board give the same answer for every key and signature",
  async () => {
    const cases = [...vectorCases(), ...(await keyCases()), ...changedCases()];
    const hex = (bytes: Buffer): string => bytes.toString("hex") || "-";
    const lines = cases.map(({ key, digest: over, signature }) => `${hex(key)} ${hex(over)} ${hex(signature)}\n`);
    const file = scratchFile("cases.txt", lines.join(""));
    const said = (await output(await build(verifier, compilers[0]!), file)).trim().split("\n").map(Number);
    const named = (code: (at: number) => number): string[] => cases.map(({ name }, at) => `${name}: ${meaning(code(at))}`);
    expect(named((at) => said[at]!)).toEqual(named((at) => verifySignature(cases[at]!.key, cases[at]!.digest, cases[at]!.signature)));
    expect(said.filter((code) => code === 0).length).toBeGreaterThan(10);
    expect(new Set(said).size).toBeGreaterThan(4);
  },
  60_000,
);
