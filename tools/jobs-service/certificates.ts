/** The service's own certificate authority: EC P-256, kept in a folder so that boards stay provisioned. Keys are never logged. */
import "reflect-metadata"; // @peculiar/x509 needs it, and needs it first.
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { generateKeyPair, webcrypto as crypto, X509Certificate, type webcrypto } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import * as x509 from "@peculiar/x509";
import type { Choices } from "./choices";
import { certificateIdOf } from "./rules/certificates";

/** A certificate with its private key (PKCS #8), both PEM. */
export interface Identity {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface Authority {
  /** The CA's certificate, PEM. */
  readonly ca: string;
  /** The file that holds it, when there is a folder. */
  readonly caFile: string | undefined;
  /** A server certificate for these host names and addresses. */
  issueServer(hosts: readonly string[]): Promise<Identity>;
  /** The client certificate of a thing; the one on file when there is one. */
  issueDevice(thingName: string): Promise<Identity>;
  /** A client certificate with new keys, which are kept nowhere. The subject is the one that AWS writes. */
  issueKeys(algorithm: Choices["keysOfCertificates"]): Promise<Identity & { readonly publicKey: string }>;
  /** A client certificate over a request (PKCS #10, PEM), with its subject. Throws when that is none, or is not signed by its own key. */
  signRequest(request: string): Promise<string>;
  /** The things that have a certificate on file. */
  provisioned(): string[];
  /** Removes a thing's certificate from the file. */
  forget(certificateId: string): void;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
// Fixed and wide, because a board may ask long before it knows the time.
const validity = { notBefore: new Date("2020-01-01T00:00:00Z"), notAfter: new Date("2049-12-31T00:00:00Z") };
const caName = [{ CN: ["esp32-jobs local CA"] }];
const forClients = new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]);
const thingFile = /^thing-(.+)\.cert\.pem$/;

/** Opens the authority kept in `dir`, or makes one; without `dir` it lives in memory only. */
export async function openAuthority(dir?: string): Promise<Authority> {
  const files = dir === undefined ? undefined : openFolder(dir);
  const stored = files?.read("ca", "ca");
  const own = stored ?? (await makeCa());
  if (stored === undefined) files?.write("ca", "ca", own);
  const signingKey = await importKey(own.privateKey);
  const caCertificate = new x509.X509Certificate(own.certificate);

  async function sign(
    subject: x509.JsonName | string,
    publicKey: x509.PublicKey | webcrypto.CryptoKey,
    extensions: x509.Extension[],
  ): Promise<string> {
    const certificate = await x509.X509CertificateGenerator.create({
      ...validity,
      subject,
      issuer: caCertificate.subjectName,
      publicKey,
      signingKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.AuthorityKeyIdentifierExtension.create(caCertificate.publicKey),
        ...extensions,
      ],
    });
    return certificate.toString("pem");
  }

  async function issue(commonName: string, extensions: x509.Extension[]): Promise<Identity> {
    const keys = await makeKeys();
    const certificate = await sign([{ CN: [commonName] }], keys.publicKey, extensions);
    return { certificate, privateKey: await exportKey(keys.privateKey) };
  }

  return {
    ca: own.certificate,
    caFile: dir === undefined ? undefined : join(dir, "ca.cert.pem"),
    issueServer: (hosts) =>
      issue("esp32-jobs local service", [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(hosts.flatMap(namesFor)),
      ]),
    async issueDevice(thingName) {
      const known = files?.read("thing", thingName);
      if (known !== undefined) return known;
      const identity = await issue(thingName, [forClients]);
      files?.write("thing", thingName, identity);
      return identity;
    },
    async issueKeys(kind) {
      const keys = await pemKeys(kind);
      const publicKey = new x509.PublicKey(x509.PemConverter.decodeFirst(keys.publicKey));
      return { ...keys, certificate: await sign([{ CN: ["AWS IoT Certificate"] }], publicKey, [forClients]) };
    },
    async signRequest(pem) {
      const request = new x509.Pkcs10CertificateRequest(pem);
      if (!(await request.verify())) throw new Error("the request is not signed by the key that it is for");
      return sign(request.subject, request.publicKey, [forClients]);
    },
    provisioned: () => files?.things() ?? [],
    forget(certificateId) {
      for (const thingName of files?.things() ?? []) {
        const known = files?.read("thing", thingName);
        if (known !== undefined && certificateIdOf(new X509Certificate(known.certificate).raw) === certificateId) files?.remove(thingName);
      }
    },
  };
}

async function makeCa(): Promise<Identity> {
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: caName,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), privateKey: await exportKey(keys.privateKey) };
}

/** Keys as AWS writes them: PKCS #1 for RSA, and SEC 1 as its counterpart for EC. */
async function pemKeys(kind: Choices["keysOfCertificates"]): Promise<{ publicKey: string; privateKey: string }> {
  const publicKeyEncoding = { type: "spki", format: "pem" } as const;
  const make = promisify(generateKeyPair);
  if (kind === "EC P-256") {
    return make("ec", { namedCurve: "P-256", publicKeyEncoding, privateKeyEncoding: { type: "sec1", format: "pem" } });
  }
  return make("rsa", { modulusLength: 2048, publicKeyEncoding, privateKeyEncoding: { type: "pkcs1", format: "pem" } });
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return crypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(pem), algorithm, false, ["sign"]);
}

/** Pairs of files, readable by their owner only. A pair counts once its certificate is there; that is written last. */
function openFolder(dir: string) {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  // A thing's name may have a colon, which some file systems refuse, and never has an equals sign.
  const fileOf = (kind: string, name: string, part: string): string =>
    join(dir, kind === "ca" ? `ca.${part}.pem` : `thing-${name.replaceAll(":", "=")}.${part}.pem`);
  function put(path: string, text: string): void {
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    chmodSync(`${path}.new`, 0o600);
    renameSync(`${path}.new`, path);
  }
  return {
    read(kind: "ca" | "thing", name: string): Identity | undefined {
      const [certificate, privateKey] = [fileOf(kind, name, "cert"), fileOf(kind, name, "key")];
      if (!existsSync(certificate) || !existsSync(privateKey)) return undefined;
      return { certificate: readFileSync(certificate, "utf8"), privateKey: readFileSync(privateKey, "utf8") };
    },
    write(kind: "ca" | "thing", name: string, { certificate, privateKey }: Identity): void {
      put(fileOf(kind, name, "key"), privateKey);
      put(fileOf(kind, name, "cert"), certificate);
    },
    remove(thingName: string): void {
      for (const part of ["cert", "key"]) rmSync(fileOf("thing", thingName, part), { force: true });
    },
    things: (): string[] =>
      readdirSync(dir).flatMap((file) => {
        const name = thingFile.exec(file)?.[1];
        return name === undefined ? [] : [name.replaceAll("=", ":")];
      }),
  };
}

/** An address stands there as a name too: mbedTLS before 3.5, which many boards have, looks at names only (Mbed-TLS/mbedtls pull request 6475). */
function namesFor(host: string): { type: "dns" | "ip"; value: string }[] {
  const name = { type: "dns", value: host } as const;
  return isIP(host) === 0 ? [name] : [{ type: "ip", value: host }, name];
}
