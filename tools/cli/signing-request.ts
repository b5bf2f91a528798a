/** A key pair for a device, and the request for a certificate over it: so the private key is never sent to anyone. */
import "reflect-metadata"; // @peculiar/x509 needs it, and needs it first.
import { webcrypto as crypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

// A handshake with EC P-256 costs an ESP32 a fraction of one with RSA, in time and in memory.
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** Both PEM: PKCS #10 and PKCS #8. */
export async function makeSigningRequest(commonName: string): Promise<{ readonly request: string; readonly privateKey: string }> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }],
    keys,
    signingAlgorithm: algorithm,
  });
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { request: request.toString("pem"), privateKey: x509.PemConverter.encode(pkcs8, "PRIVATE KEY") };
}
