/** An ESP32 application image, checked as the boot loader does it (esp_image_format.c) before it is given a chance. */
import { createHash } from "node:crypto";

/** What the image says of itself, or what is wrong with it, for a person. */
export type ImageCheck = { readonly version: string; readonly project: string } | { readonly problem: string };

export const imageMagic = 0xe9;
const headerBytes = 24;
const segmentHeaderBytes = 8;
/** esp_app_desc_t stands at the beginning of the first segment. */
const descriptionAt = headerBytes + segmentHeaderBytes;
const descriptionMagic = 0xabcd5432;
const versionAt = descriptionAt + 16;
const projectAt = descriptionAt + 48;
const nameBytes = 32;
const mostSegments = 16;
const chipEsp32 = 0;
const checksumSeed = 0xef;
const digestBytes = 32;

function wrong(problem: string): ImageCheck {
  return { problem };
}

/** Checks a whole image; bytes after its end are ignored, as flash has them too. */
export function checkImage(image: Buffer): ImageCheck {
  if (image.length < descriptionAt + 256) return wrong("the image is too short");
  if (image[0] !== imageMagic) return wrong("the image does not begin with 0xE9");
  if (image.readUInt16LE(12) !== chipEsp32) return wrong("the image is for another chip");
  const segments = image.readUInt8(1);
  if (segments < 1 || segments > mostSegments) return wrong("the image has no sound list of segments");

  let at = headerBytes;
  let checksum = checksumSeed;
  for (let segment = 0; segment < segments; segment++) {
    if (at + segmentHeaderBytes > image.length) return wrong("the image is incomplete");
    const end = at + segmentHeaderBytes + image.readUInt32LE(at + 4);
    if (end > image.length) return wrong("the image is incomplete");
    for (const byte of image.subarray(at + segmentHeaderBytes, end)) checksum ^= byte;
    at = end;
  }
  // The checksum is the last byte of a row of 16.
  const end = at - (at % 16) + 16;
  if (end > image.length) return wrong("the image is incomplete");
  if (image[end - 1] !== checksum) return wrong("the checksum of the image is wrong");
  if (image[23] === 1) {
    const digest = createHash("sha256").update(image.subarray(0, end)).digest();
    if (end + digestBytes > image.length) return wrong("the image is incomplete");
    if (!digest.equals(image.subarray(end, end + digestBytes))) return wrong("the digest of the image is wrong");
  }
  if (image.readUInt32LE(descriptionAt) !== descriptionMagic) return wrong("the image has no application description");
  const name = (at: number): string => image.toString("latin1", at, at + nameBytes).replace(/\0.*$/s, "");
  return { version: name(versionAt) || "unknown", project: name(projectAt) };
}
