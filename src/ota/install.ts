/** Brings an image into the other slot: streamed, counted and hashed. All of it must be right before it may be made the next to boot. */
import { failed, type Details, type Failure, type FailureCode } from "../failure";
import { quotient, text } from "../portable/integers";
import { sleep, waitFor, type Task } from "../portable/task";
import type { Bytes, Device, Hash } from "../ports";
import { urlProblem, type Image } from "./image";

/** Where the project's name begins in an image: in the description, which is ahead of the first segment (esp_app_desc_t). Zeros fill it up. */
const projectAt = 80;
const mostRedirects = 5;
/** A broken connection is normal on Wi-Fi: the download is begun again this often, after these pauses. */
const pausesMs = [2000, 10000];

/** How one request ended: written whole, sent elsewhere, or badly. `again`: a new try may help. */
type Fetched =
  | { readonly kind: "whole"; readonly md5: string | undefined; readonly sha256: string | undefined; readonly isTrusted: boolean }
  | { readonly kind: "moved"; readonly to: string }
  | { readonly kind: "bad"; readonly failure: Failure; readonly again: boolean };

/** Tells of the progress of a download. */
type Progress = (details: Details) => void;

/** Fetches and checks. Undefined when the image is in the other slot, whole and right. */
export function* install(device: Device, image: Image, allowHttp: boolean, progress: Progress): Task<Failure | undefined> {
  let url = image.url;
  let redirects = 0;
  let tries = 0;
  for (;;) {
    const from = url;
    const fetched = yield* waitFor<Fetched>((resume) => fetchImage(device, image, from, progress, resume));
    if (fetched.kind === "whole") return contentsProblem(image, fetched);
    if (fetched.kind === "moved") {
      redirects++;
      if (redirects > mostRedirects) return failed("DOWNLOAD_REFUSED", "the server redirects in a circle");
      const to = absolute(from, fetched.to);
      const refused = urlProblem(to, device.http.maxUrlBytes, allowHttp);
      if (refused !== undefined)
        return failed("DOWNLOAD_REFUSED", `the server redirects to where this device does not go: ${refused.reason}`);
      url = to;
    } else {
      const pauseMs = pausesMs[tries];
      if (!fetched.again || pauseMs === undefined) return fetched.failure;
      tries++;
      device.system.log(`${fetched.failure.reason}; trying again`);
      yield* sleep(device.clock, pauseMs);
      url = image.url;
      redirects = 0;
    }
  }
}

// A redirect may leave out the server.
function absolute(from: string, to: string): string {
  const path = from.indexOf("/", 8); // The first one after https://
  return to.charAt(0) !== "/" || path < 0 ? to : from.slice(0, path) + to;
}

function contentsProblem(image: Image, { md5, sha256, isTrusted }: Fetched & { readonly kind: "whole" }): Failure | undefined {
  if (image.md5 !== md5) return failed("MD5_MISMATCH", `the image has MD5 ${md5 ?? "none"}, the job says ${image.md5 ?? "none"}`);
  if (image.sha256 !== sha256)
    return failed("SHA256_MISMATCH", `the image has SHA-256 ${sha256 ?? "none"}, the job says ${image.sha256 ?? "none"}`);
  if (!isTrusted) return failed("SIGNATURE_INVALID", "the signature is not the signer's over this image");
  return undefined;
}

/** Makes the installed image the next to boot. */
export function activate({ firmware }: Device): Failure | undefined {
  const refusal = firmware.activate();
  return refusal === undefined ? undefined : failed("IMAGE_INVALID", `the image was refused: ${refusal}`);
}

function bad(code: FailureCode, reason: string, again = false): Fetched {
  return { kind: "bad", failure: failed(code, reason), again };
}

function sizeMismatch(sizeBytes: number, expectedBytes: number): Fetched {
  return bad("SIZE_MISMATCH", `the image has ${text(sizeBytes)} bytes, the job says ${text(expectedBytes)}`);
}

// One request, from the GET to its end. Gives how to cancel it.
function fetchImage(device: Device, image: Image, url: string, progress: Progress, resume: (end: Fetched) => void): () => void {
  const { firmware, hashes, http, signatures } = device;
  const md5: Hash | undefined = image.md5 === undefined ? undefined : hashes.start("md5");
  const sha256: Hash | undefined = image.sha256 === undefined ? undefined : hashes.start("sha256");
  const signed = signatures?.start();
  let expectedBytes = image.sizeBytes;
  let announcedBytes: number | undefined;
  let receivedBytes = 0;
  let nextPercent = 10;
  let end: Fetched | undefined;
  // The beginning of the image and the project that it must be of, until that was looked at.
  let head = "";
  let wanted = firmware.info().project;

  // The rest of the response is of no interest once this is called.
  function stop(how: Fetched): void {
    if (end !== undefined) return;
    end = how;
    cancel();
    resume(how);
  }
  const cancel = http.get(url, {
    headers(status, sizeBytes, location) {
      const answer = judgeHeaders(image, status, sizeBytes, location);
      if (answer !== undefined) return stop(answer);
      const target = firmware.target();
      const limit = target?.sizeBytes;
      if (sizeBytes !== undefined && limit !== undefined && sizeBytes > limit) {
        return stop(bad("IMAGE_TOO_LARGE", `the image has ${text(sizeBytes)} bytes, the slot has ${text(limit)}`));
      }
      announcedBytes = sizeBytes;
      expectedBytes = expectedBytes ?? sizeBytes;
      const refusal = firmware.begin();
      if (refusal !== undefined) stop(bad("FLASH_FAILED", `the slot could not be made ready: ${refusal}`));
    },
    data(chunk) {
      if (end !== undefined) return;
      const wrong = receive(chunk);
      if (wrong !== undefined) stop(wrong);
    },
    end(result) {
      if (end !== undefined) return;
      const cut = announcedBytes !== undefined && receivedBytes < announcedBytes;
      if (result.kind === "failed" || cut) {
        const reason =
          result.kind === "failed" ? result.reason : `it ended after ${text(receivedBytes)} of ${text(announcedBytes ?? 0)} bytes`;
        end = bad("DOWNLOAD_FAILED", `the download broke: ${reason}`, true);
      } else if (receivedBytes < (expectedBytes ?? 1)) {
        end = sizeMismatch(receivedBytes, expectedBytes ?? 1);
      } else {
        const isTrusted = signed === undefined || signed.matches(image.signature ?? "");
        end = { kind: "whole", md5: md5?.hex(), sha256: sha256?.hex(), isTrusted };
      }
      resume(end);
    },
  });

  function receive(chunk: Bytes): Fetched | undefined {
    if (receivedBytes === 0 && chunk.charCodeAt(0) !== 0xe9)
      return bad("IMAGE_INVALID", "the download does not begin like an ESP32 image (0xE9)");
    if (wanted !== undefined) {
      head += chunk;
      const nameEnd = projectAt + wanted.length;
      if (head.length > nameEnd) {
        // Another program would never report, nor take another update.
        if (head.slice(projectAt, nameEnd + 1) !== wanted + "\0")
          return bad("IMAGE_INVALID", `the image is not of this firmware's project, ${wanted}`);
        wanted = undefined;
      }
    }
    receivedBytes += chunk.length;
    if (expectedBytes !== undefined && receivedBytes > expectedBytes) {
      return bad("SIZE_MISMATCH", `the image has more than the ${text(expectedBytes)} bytes that were announced`);
    }
    const refusal = firmware.write(chunk);
    if (refusal !== undefined) return bad("FLASH_FAILED", `the slot could not be written at byte ${text(receivedBytes)}: ${refusal}`);
    if (md5 !== undefined) md5.update(chunk);
    if (sha256 !== undefined) sha256.update(chunk);
    if (signed !== undefined) signed.update(chunk);
    tell();
    return undefined;
  }

  // At most every 10 %: AWS bills each report.
  function tell(): void {
    if (expectedBytes === undefined || expectedBytes < 100) return;
    const percent = quotient(receivedBytes, quotient(expectedBytes, 100));
    if (percent < nextPercent || percent > 100) return;
    nextPercent = percent - (percent - 10 * quotient(percent, 10)) + 10;
    progress({ step: "downloading", percent: text(percent), receivedBytes: text(receivedBytes) });
  }

  return cancel;
}

// Undefined: the body is wanted.
function judgeHeaders(image: Image, status: number, sizeBytes: number | undefined, location: string | undefined): Fetched | undefined {
  if (status >= 300 && status < 400 && location !== undefined) return { kind: "moved", to: location };
  if (status !== 200) return bad("DOWNLOAD_REFUSED", `the server of the image answered ${text(status)}`, status >= 500);
  if (sizeBytes !== undefined && image.sizeBytes !== undefined && sizeBytes !== image.sizeBytes) {
    return bad("SIZE_MISMATCH", `the server announces ${text(sizeBytes)} bytes, the job says ${text(image.sizeBytes)}`);
  }
  return undefined;
}
