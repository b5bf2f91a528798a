/** Who signs firmware, and what a manifest then says: ECDSA on P-256 over the SHA-256 of the image, as DER in base64. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";
import { checkImage, checkManifest } from "./image-check";
import { parseManifest, type Manifest } from "./manifest";
import { FirmwareProblem } from "./problem";

/** A signer's two halves as PEM files hold them: PKCS #8 and SubjectPublicKeyInfo. */
export interface SignerKeys {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** Makes a signer. */
export function newSigner(): SignerKeys {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

/** The key in a PEM text; the sentences of what is wrong name the file and never quote it. */
function keyIn(file: string, pem: string, half: "private" | "public"): KeyObject {
  let key: KeyObject;
  try {
    key = half === "private" ? createPrivateKey(pem) : createPublicKey(pem);
  } catch {
    if (pem.includes("ENCRYPTED"))
      throw new FirmwareProblem(`${file} is encrypted: openssl pkey -in ${file} -out plain.pem writes a plain key`);
    throw new FirmwareProblem(`${file} holds no ${half} key in PEM form`);
  }
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1")
    throw new FirmwareProblem(`${file} is not a key on the curve P-256, the one that boards check`);
  return key;
}

/** What is signed is what the manifest says it is, and what boards can start. */
function checkBoth(manifest: Manifest, image: Buffer): void {
  checkManifest(manifest.image, image, manifest);
  checkImage(manifest.image, image, manifest.chip);
}

/** The text of the manifest with the image's signature, everything else left as it is. */
export function signManifest(manifestText: string, image: Buffer, keyFile: string, privateKeyPem: string): string {
  checkBoth(parseManifest(manifestText), image);
  const key = keyIn(keyFile, privateKeyPem, "private");
  const signature = sign("sha256", image, { key, dsaEncoding: "der" }).toString("base64");
  const fields = JSON.parse(manifestText) as object;
  return `${JSON.stringify({ ...fields, signature }, undefined, 2)}\n`;
}

/** Refuses unless the manifest carries a signature of this key over this image. A private key will do: its public half is in it. */
export function verifyManifest(manifestText: string, image: Buffer, keyFile: string, keyPem: string): void {
  const manifest = parseManifest(manifestText);
  checkBoth(manifest, image);
  const key = keyIn(keyFile, keyPem, "public");
  const { signature } = manifest;
  if (signature === undefined) throw new FirmwareProblem(`manifest.json has no signature: esp32-jobs sign MANIFEST --key FILE makes one`);
  const der = Buffer.from(signature, "base64");
  // Node is forgiving about base64, and boards are not.
  if (der.toString("base64") !== signature || !verify("sha256", image, { key, dsaEncoding: "der" }, der))
    throw new FirmwareProblem(`the signature in manifest.json is not one of ${keyFile} over ${manifest.image}`);
}
