/** Who a device is and whom it trusts: the PEM files of its folder. Whatever is wrong is told in one sentence that names the file. */
import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from "node:crypto";
import { readText } from "./files";
import { reasonOf } from "./reason";

/** A device's certificate and key and the roots it trusts, all PEM. */
export interface Identity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A file that may be missing. Throws an Error whose message is the sentence. */
function readOptional(dir: string, name: string): string | undefined {
  try {
    return readText(dir, name);
  } catch (error) {
    throw new Error(`${name} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

/** A file that must be there. Throws an Error whose message is the sentence. */
export function readNeeded(dir: string, name: string): string {
  const text = readOptional(dir, name);
  if (text === undefined) throw new Error(`${name} is missing from ${dir}`);
  return text;
}

/** The name of the file is told, never its contents: OpenSSL's own messages say less. */
function parse<T>(name: string, what: string, how: () => T): T {
  try {
    return how();
  } catch (error) {
    throw new Error(`${name} is not ${what} in PEM form`, { cause: error });
  }
}

/** What TLS with the broker needs. Throws an Error whose message is the sentence. */
export function readIdentity(dir: string): Identity {
  const identity = { ca: readNeeded(dir, "ca.pem"), cert: readNeeded(dir, "cert.pem"), key: readNeeded(dir, "key.pem") };
  parse("ca.pem", "a certificate", () => new X509Certificate(identity.ca));
  const certificate = parse("cert.pem", "a certificate", () => new X509Certificate(identity.cert));
  const key = parse("key.pem", "a private key", () => createPrivateKey(identity.key));
  if (!certificate.checkPrivateKey(key)) throw new Error("key.pem is not the key of cert.pem");
  return identity;
}

/** The roots for downloads; undefined, which means those of Node, when the folder has none. Throws as the others do. */
export function readHttpRoots(dir: string): string | undefined {
  for (const name of ["http-ca.pem", "ca.pem"]) {
    const roots = readOptional(dir, name);
    if (roots === undefined) continue;
    parse(name, "a certificate", () => new X509Certificate(roots));
    return roots;
  }
  return undefined;
}

/** The key whose firmware alone is taken; undefined, which means that any is, when the folder has none. Throws as the others do. */
export function readSigner(dir: string): KeyObject | undefined {
  const pem = readOptional(dir, "signer.pem");
  if (pem === undefined) return undefined;
  if (pem.includes("PRIVATE KEY")) throw new Error("signer.pem holds a private key, and a device needs the public one");
  const key = parse("signer.pem", "a public key", () => createPublicKey(pem));
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") throw new Error("signer.pem is not a key on the curve P-256");
  return key;
}
