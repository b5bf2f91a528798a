/** Certificates and keys of all kinds, made for a test: a root, and what it signs. */
import "reflect-metadata"; // @peculiar/x509 needs it, and needs it first.
import { generateKeyPairSync, webcrypto, type KeyObject } from "node:crypto";
import * as x509 from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const day = 86_400_000;

export interface CertificateOptions {
  readonly key?: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  readonly fromDays?: number;
  readonly untilDays?: number;
  readonly extensions?: readonly x509.Extension[];
}

export interface MadeCertificate {
  readonly certificate: string;
  /** PKCS #8. */
  readonly privateKey: string;
}

/** An authority and what it signs. */
export interface Authority {
  readonly root: string;
  sign(options?: CertificateOptions): Promise<MadeCertificate>;
}

export async function makeAuthority(): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=Test root",
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true)],
  });
  return {
    root: `${root.toString("pem")}\n`,
    async sign({ key = generateKeyPairSync("ec", { namedCurve: "P-256" }), fromDays = -1, untilDays = 365, extensions = [] } = {}) {
      const made = await x509.X509CertificateGenerator.create({
        subject: "CN=Test device",
        issuer: root.subject,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        publicKey: new x509.PublicKey(key.publicKey.export({ type: "spki", format: "der" })),
        notBefore: new Date(Date.now() + fromDays * day),
        notAfter: new Date(Date.now() + untilDays * day),
        extensions: [...extensions],
      });
      return { certificate: `${made.toString("pem")}\n`, privateKey: key.privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
    },
  };
}
