/** A firmware image as a job describes it, and what can be said against it before a byte is fetched. */
import { failed, type Failure } from "../failure";
import { text } from "../portable/integers";
import type { Device } from "../ports";

/** Digests in lower-case hexadecimal; one of them or a signature that is checked is there once `imageProblem` is content. */
export interface Image {
  /** Empty when the document has none. */
  readonly url: string;
  readonly md5: string | undefined;
  readonly sha256: string | undefined;
  readonly sizeBytes: number | undefined;
  /** DER in base64. */
  readonly signature: string | undefined;
  /** What the document says the signature is, in AWS Signer's words. */
  readonly algorithm: string | undefined;
}

/** The one that is checked: what AWS Signer calls ECDSA over SHA-256. */
const knownAlgorithm = "SHA256withECDSA";

/** Why this device will not fetch the image; undefined when nothing is known against it. Touches nothing. */
export function imageProblem(device: Device, image: Image, allowHttp: boolean): Failure | undefined {
  const { firmware, http } = device;
  if (image.url === "") return failed("INPUT_INVALID", '"url" is missing');
  const unsigned = signatureProblem(device, image);
  if (unsigned !== undefined) return unsigned;
  const refused = urlProblem(image.url, http.maxUrlBytes, allowHttp);
  if (refused !== undefined) return refused;
  const target = firmware.target();
  if (target === undefined) return failed("UNSUPPORTED", "this board has no second firmware slot");
  if (image.sizeBytes !== undefined && target.sizeBytes !== undefined && image.sizeBytes > target.sizeBytes) {
    return failed("IMAGE_TOO_LARGE", `the image has ${text(image.sizeBytes)} bytes, slot ${target.slot} has ${text(target.sizeBytes)}`);
  }
  if (firmware.info().state === "trial") return failed("BUSY", "the running firmware is still on trial");
  return undefined;
}

// A signature that is checked covers every byte; without one a digest must.
function signatureProblem({ signatures }: Device, { md5, sha256, signature, algorithm }: Image): Failure | undefined {
  if (signatures === undefined) {
    return md5 === undefined && sha256 === undefined ? failed("INPUT_INVALID", '"md5" or "sha256" is required') : undefined;
  }
  if (signatures.problem !== undefined) return failed("SIGNATURE_UNVERIFIABLE", `signatures cannot be checked: ${signatures.problem}`);
  if (signature === undefined) return failed("SIGNATURE_MISSING", "this device takes signed firmware only");
  if (algorithm !== undefined && algorithm !== knownAlgorithm)
    return failed("INPUT_INVALID", `"codesign.signatureAlgorithm" must be ${knownAlgorithm}`);
  return undefined;
}

/** Why this device will not fetch from a URL, of the job or of a redirect. Says nothing of the URL itself: it may hold a signature. */
export function urlProblem(url: string, maxUrlBytes: number, allowHttp: boolean): Failure | undefined {
  const secure = url.slice(0, 8) === "https://";
  if (!secure && url.slice(0, 7) !== "http://") return failed("INPUT_INVALID", '"url" must begin with https://');
  if (!secure && !allowHttp) return failed("URL_INSECURE", '"url" must begin with https://: this device does not allow http');
  if (url.length > maxUrlBytes)
    return failed("URL_TOO_LONG", `"url" has ${text(url.length)} bytes, this firmware can send ${text(maxUrlBytes)}`);
  return undefined;
}
