/**
 * Every way a job can end badly. An operator filters on the code, a person reads the reason that comes with it.
 *
 * The value is the status reported to AWS IoT Jobs. REJECTED means that trying again with the same document on this device is
 * useless; the service takes it only while the execution is QUEUED, so the session reports FAILED instead once a job was claimed.
 * The comments are the source of the table in docs/failures.md: meaning first, then `Remedy:`.
 */
export const endings = {
  /** The job document could not be read: not JSON, nested too deeply, or too large for this device. Remedy: shorten or flatten the document. */
  DOCUMENT_UNREADABLE: "REJECTED",
  /** The job document is not an object with an "action" that is text. Remedy: add the "action" key. */
  DOCUMENT_INVALID: "REJECTED",
  /** This device has no action of that name. Remedy: correct the name, or update the device; `describe` lists its actions. */
  ACTION_UNKNOWN: "REJECTED",
  /** A field of the document is missing, has the wrong type, or is out of range. Remedy: correct the field that the reason names. */
  INPUT_INVALID: "REJECTED",
  /** This device cannot do what is asked, whatever the circumstances. Remedy: send the job to another kind of device. */
  UNSUPPORTED: "REJECTED",
  /** The image is larger than the slot it would go to. Remedy: build a smaller image. */
  IMAGE_TOO_LARGE: "REJECTED",
  /** The download URL is not https, and this device allows nothing else. Remedy: serve the image over https. */
  URL_INSECURE: "REJECTED",
  /** The download URL is longer than this firmware can send. Remedy: use a shorter URL; on stock NodeMCU signed S3 URLs are always too long. */
  URL_TOO_LONG: "REJECTED",
  /** This device takes signed firmware only, and the document has no signature. Remedy: sign the image with `esp32-jobs sign`, and send its signature along. */
  SIGNATURE_MISSING: "REJECTED",
  /** This device was told to take signed firmware only, and cannot check a signature: its firmware lacks the component jobsfw, or its signer.pem is no key on P-256. Remedy: flash firmware with the component over USB, give the device the right key, or take the key from it. */
  SIGNATURE_UNVERIFIABLE: "REJECTED",
  /** The action took longer than its time budget and was stopped. Remedy: look for what it waited for; raise its budget. */
  TIMED_OUT: "FAILED",
  /** The device restarted while the action ran; it was not run again. Remedy: read the boot reason; send the job again if it is safe to repeat. */
  INTERRUPTED: "FAILED",
  /** The action stopped with an error of its own. Remedy: report it with the reason and the firmware version. */
  ACTION_CRASHED: "FAILED",
  /** The device could not write its journal, so nothing was started. Remedy: look at the file system; free space. */
  JOURNAL_UNWRITABLE: "FAILED",
  /** The device is busy with something that this action must not disturb, such as firmware on trial. Remedy: send the job again later. */
  BUSY: "FAILED",
  /** The device has crashed three times in a row, and for ten minutes does nothing but `describe` and `ota`. Remedy: send the job again later; if the crashes go on, update the firmware. */
  SAFE_MODE: "FAILED",
  /** The server of the image answered with an error. Remedy: look at the status in the reason; 403 usually means that the URL expired. */
  DOWNLOAD_REFUSED: "FAILED",
  /** The download broke: connection, TLS, or a body that ended early. Remedy: check network, certificate and server; send the job again. */
  DOWNLOAD_FAILED: "FAILED",
  /** The length of the download is not the announced one. Remedy: check "size" and what the server serves. */
  SIZE_MISMATCH: "FAILED",
  /** The MD5 of the download is not the one in the document. Remedy: check "md5" and what the server serves. */
  MD5_MISMATCH: "FAILED",
  /** The SHA-256 of the download is not the one in the document. Remedy: check "sha256" and what the server serves. */
  SHA256_MISMATCH: "FAILED",
  /** The signature is not this device's signer's over the image that came; nothing was activated. Remedy: sign this very image with the key whose public half the device has. */
  SIGNATURE_INVALID: "FAILED",
  /** The download is not a firmware image for this chip and of this firmware's project, or its own checks failed. Remedy: send the application image (not a merged or an ELF file); another project is flashed by cable. */
  IMAGE_INVALID: "FAILED",
  /** Flash could not be erased or written, or the image is larger than a slot whose size the firmware does not tell. Remedy: compare the image's size with the board's partition table; try again; replace the board if it stays. */
  FLASH_FAILED: "FAILED",
  /** The new firmware did not prove itself and the previous one runs again. Remedy: read the console of a board with that image. */
  ROLLED_BACK: "FAILED",
} as const;

/** A stable reason code. */
export type FailureCode = keyof typeof endings;

/** Name and text pairs for an operator. Keys: letters, digits, `:_-`. They become statusDetails. */
export type Details = Readonly<Record<string, string>>;

/** A good end. */
export interface Success {
  readonly ok: true;
  readonly details: Details;
}

/** A bad end that was foreseen. `reason` is one sentence that names what is wrong. */
export interface Failure {
  readonly ok: false;
  readonly code: FailureCode;
  readonly reason: string;
}

/** How an action ends. */
export type Outcome = Success | Failure;

export function succeeded(details: Details = {}): Success {
  return { ok: true, details };
}

export function failed(code: FailureCode, reason: string): Failure {
  return { ok: false, code, reason };
}
