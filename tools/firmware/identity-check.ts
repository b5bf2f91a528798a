/** Whether files make an identity with which a board gets in: found out here, with a sentence, instead of on a board that only says -1. */
import "reflect-metadata"; // @peculiar/x509 needs it, and needs it first.
import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from "node:crypto";
import { KeyUsageFlags, KeyUsagesExtension, X509Certificate as Asn1Certificate } from "@peculiar/x509";
import type { JsonObject } from "../../src/ports";
import { readSettings, type SettingProblem, type Settings } from "../../src/settings";
import { identityKeys, type IdentityFiles } from "./identity-keys";
import { normalPems } from "./identity-pem";
import { readWifi } from "./identity-wifi";
import { FirmwareProblem } from "./problem";

/** RFC 5280, 4.2.1.12. */
const clientAuthentication = "1.3.6.1.5.5.7.3.2";
/** How far the clock of this computer may be behind that of the authority that has just made a certificate. */
const toleranceMs = 15 * 60_000;
/** Curves that both AWS IoT ("X.509 client certificates") and ESP-IDF's mbedTLS take. */
const curves: readonly string[] = ["prime256v1", "secp384r1", "secp521r1"];

function refuse(sentence: string): never {
  throw new FirmwareProblem(sentence);
}

function settingsIn(text: string): { readonly values: JsonObject; readonly settings: Settings } {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    // The parser's own words would quote the file, and a password is in it.
    refuse("settings.json is not JSON");
  }
  if (typeof values !== "object" || values === null || Array.isArray(values)) refuse("settings.json does not hold a JSON object");
  const { wifi } = values as Record<string, unknown>;
  const network = wifi === undefined ? undefined : readWifi(wifi);
  if (typeof network === "string") refuse(`settings.json: setting "wifi" ${network.replace(/^the /, "is wrong: the ")}`);
  const settings = readSettings(values as JsonObject);
  const { problem } = settings as Partial<SettingProblem>;
  if (problem !== undefined) refuse(`settings.json: ${problem}`);
  return { values: values as JsonObject, settings: settings as Settings };
}

function certificatesIn(name: string, pems: readonly string[]): X509Certificate[] {
  return pems.map((pem, index) => {
    try {
      return new X509Certificate(pem);
    } catch {
      return refuse(`certificate ${index + 1} of ${name} cannot be read: it is damaged`);
    }
  });
}

function checkKey(key: KeyObject): void {
  const { modulusLength = 0, namedCurve = "" } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "rsa" && modulusLength >= 2048 && modulusLength <= 4096) return;
  if (key.asymmetricKeyType === "ec" && curves.includes(namedCurve)) return;
  const kind = key.asymmetricKeyType === "rsa" ? `RSA of ${modulusLength} bits` : ((namedCurve || key.asymmetricKeyType) ?? "unknown");
  refuse(`key.pem is ${kind}: boards and AWS IoT take EC on P-256, P-384 or P-521, and RSA of 2048 to 4096 bits`);
}

function checkCertificate(own: X509Certificate, nowMs: number): void {
  const day = (date: string): string => new Date(date).toISOString().slice(0, 10);
  if (nowMs > Date.parse(own.validTo)) refuse(`cert.pem has expired: it was valid until ${day(own.validTo)}`);
  if (nowMs + toleranceMs < Date.parse(own.validFrom)) refuse(`cert.pem is not valid yet: it will be from ${day(own.validFrom)} on`);
  if (own.ca) refuse("cert.pem is the certificate of an authority, which signs others, and not that of a device");
  // Node's keyUsage is the extended one: object identifiers, or undefined where everything is allowed.
  const uses = own.keyUsage as readonly string[] | undefined;
  if (uses !== undefined && !uses.includes(clientAuthentication))
    refuse("cert.pem is not for a client: its extended key usage names others alone, such as servers");
  const bits = new Asn1Certificate(own.raw).getExtension(KeyUsagesExtension)?.usages;
  if (bits !== undefined && (bits & KeyUsageFlags.digitalSignature) === 0)
    refuse("cert.pem is not for logging in: its key usage lacks digitalSignature");
}

/** Certificate, key and roots belong together and are for a device. */
function checkPair(pems: Readonly<Record<string, readonly string[] | undefined>>, nowMs: number): void {
  const [own] = certificatesIn("cert.pem", pems["cert.pem"] ?? []);
  let key: KeyObject;
  try {
    key = createPrivateKey(pems["key.pem"]?.[0] ?? "");
  } catch {
    refuse("key.pem cannot be read: it is damaged");
  }
  if (own === undefined) refuse("cert.pem is missing");
  checkKey(key);
  if (!own.checkPrivateKey(key)) refuse("key.pem is not the key of cert.pem, or cert.pem does not begin with the device's own certificate");
  checkCertificate(own, nowMs);
  const [root] = certificatesIn("ca.pem", pems["ca.pem"] ?? []);
  if (root !== undefined && root.raw.equals(own.raw))
    refuse("ca.pem holds the device's own certificate: it must hold the root of the endpoint, for AWS IoT Amazon Root CA 1");
}

/** Refuses what is no signer's public key, in a file of this name. */
export function checkSigner(name: string, text: string): void {
  const pems = normalPems(name, text, "publicKey");
  let key: KeyObject;
  try {
    key = createPublicKey(pems[0] ?? "");
  } catch {
    refuse(`${name} cannot be read: it is damaged`);
  }
  if (pems.length > 1) refuse(`${name} holds ${pems.length} keys, and a board has one`);
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") refuse(`${name} must be an EC key on P-256: firmware is signed with those`);
}

/** The identity as a board keeps it: every file in its normal form. Refuses, with a sentence that names the file, what would not get in. */
export function checkIdentity(thingName: string, files: IdentityFiles, nowMs: number): Readonly<Record<string, string>> {
  const { values, settings } = settingsIn(files["settings.json"] ?? refuse("settings.json is missing"));
  if (settings.thingName !== thingName) refuse(`settings.json is for the thing "${settings.thingName}", not for "${thingName}"`);
  // A name of letters, digits, dots and hyphens, or an address.
  if (!/^[A-Za-z0-9.-]+$/.test(settings.endpoint)) refuse('settings.json: setting "endpoint" must be a host name, without scheme or port');
  const normal: Record<string, string> = { "settings.json": JSON.stringify(values) };
  const pems: Record<string, readonly string[]> = {};
  for (const { name, form, needed } of identityKeys) {
    const text = files[name];
    if (form === "settings") continue;
    if (text === undefined) {
      if (needed === "forTls" && settings.tls) refuse(`${name} is missing`);
      continue;
    }
    pems[name] = normalPems(name, text, form);
    if (form === "certificates") certificatesIn(name, pems[name]);
    if (form === "privateKey" && pems[name].length > 1) refuse(`${name} holds ${pems[name].length} keys, and a device has one`);
    normal[name] = pems[name].join("");
  }
  if (settings.tls) checkPair(pems, nowMs);
  const { "signer.pem": signer } = files;
  if (signer !== undefined) checkSigner("signer.pem", signer);
  return normal;
}
