/** A firmware image as a job describes it, and what can be said against it before a byte is fetched. */
import { failed, type Failure } from "../failure";
import { text } from "../portable/integers";
import type { Device } from "../ports";

/** Digests in lower-case hexadecimal; at least one is there once `imageProblem` is content. */
export interface Image {
  readonly url: string;
  readonly md5: string | undefined;
  readonly sha256: string | undefined;
  readonly sizeBytes: number | undefined;
}

/** Why this device will not fetch the image; undefined when nothing is known against it. Touches nothing. */
export function imageProblem({ firmware, http }: Device, image: Image, allowHttp: boolean): Failure | undefined {
  if (image.md5 === undefined && image.sha256 === undefined) return failed("INPUT_INVALID", '"md5" or "sha256" is required');
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

/** Why this device will not fetch from a URL, of the job or of a redirect. Says nothing of the URL itself: it may hold a signature. */
export function urlProblem(url: string, maxUrlBytes: number, allowHttp: boolean): Failure | undefined {
  const secure = url.slice(0, 8) === "https://";
  if (!secure && url.slice(0, 7) !== "http://") return failed("INPUT_INVALID", '"url" must begin with https://');
  if (!secure && !allowHttp) return failed("URL_INSECURE", '"url" must begin with https://: this device does not allow http');
  if (url.length > maxUrlBytes)
    return failed("URL_TOO_LONG", `"url" has ${text(url.length)} bytes, this firmware can send ${text(maxUrlBytes)}`);
  return undefined;
}
