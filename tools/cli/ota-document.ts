/** Job documents for a firmware that was built: the image goes where boards can fetch it, and the document says what it is. */
import { dirname, join } from "node:path";
import { checkImage, checkManifest } from "../firmware/image-check";
import { parseManifest, type Manifest } from "../firmware/manifest";
import { openBucket } from "./bucket";
import type { CloudOptions } from "./cloud";
import { WrongUsage } from "./failing";
import { progressLine } from "./progress";
import { readNamedFile, readTextFile } from "./named-files";

export interface OtaOptions extends CloudOptions {
  /** Where the image is already: https://… or s3://BUCKET/KEY. */
  readonly url?: string;
  /** Where it is to go. Locally it may be left out: the image's URL is then a plain one. */
  readonly bucket?: string;
  /** The role with which AWS IoT signs the URL of an object in a bucket. */
  readonly role?: string;
  readonly json?: boolean;
}

/** A name that no other image has: a job that still runs must not find another image under its URL. Only characters that a URL leaves as they are. */
function keyOf({ project, version, chip, sha256 }: Manifest): string {
  const safe = (name: string): string => name.replace(/[^\w.-]/g, "-");
  return `firmware/${safe(project)}/${safe(version)}-${chip}-${sha256.slice(0, 16)}.bin`;
}

/** An object in a bucket as the document names it: AWS IoT puts a signed URL in its place for each board (AWS IoT, "Presigned URLs"). */
function placeholder(bucket: string, key: string, region: string): string {
  // A path under another region's host is answered with a redirect, which a signed URL does not survive.
  const url = (path: string): string => `https://s3.${region}.amazonaws.com/${bucket}/${path}`;
  if (/^[\w./-]+$/.test(key)) return `\${aws:iot:s3-presigned-url:${url(key)}}`;
  return `\${aws:iot:s3-presigned-url-v2:${url(key.split("/").map(encodeURIComponent).join("/"))}}`;
}

/** What the options say of where the image is, or where it is to go. */
type Place =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "object"; readonly bucket: string; readonly key: string }
  | { readonly kind: "upload"; readonly bucket: string | undefined };

function placeOf({ url, bucket, role, aws }: OtaOptions): Place {
  if (url !== undefined && bucket !== undefined)
    throw new WrongUsage("--url says where the image is already, and --bucket where it is to go: give one of the two");
  if (url === undefined && bucket === undefined && aws === true)
    throw new WrongUsage("name with --bucket the bucket that the image is to go to, or say with --url where it is already");
  const [, named, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(url ?? "") ?? [];
  if (url !== undefined && named === undefined) {
    if (/^https?:\/\/./.test(url)) return { kind: "url", url };
    throw new WrongUsage("--url must begin with https:// or be of the form s3://BUCKET/KEY");
  }
  const inBucket = bucket ?? named;
  // AWS, "General purpose bucket naming rules". Anything else would end up in another place of a URL.
  if (inBucket !== undefined && !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(inBucket))
    throw new WrongUsage(`"${inBucket}" is no name of a bucket: those have 3 to 63 lower-case letters, digits, dots and hyphens`);
  if (inBucket !== undefined && role === undefined)
    throw new WrongUsage("name with --role the ARN of the role with which AWS IoT may read the bucket and sign the URL");
  return named === undefined || key === undefined ? { kind: "upload", bucket } : { kind: "object", bucket: named, key };
}

async function upload(image: Buffer, manifest: Manifest, name: string | undefined, options: OtaOptions): Promise<string> {
  const bucket = await openBucket(options, name);
  const key = keyOf(manifest);
  const address = bucket.addressOf(key);
  const say = (sentence: string): void => void (options.json === true || process.stderr.write(`${sentence}\n`));
  if (await bucket.has(key, image)) say(`${manifest.image} is at ${address} already`);
  else {
    say(`Bringing ${manifest.image} (${image.length} bytes) to ${address}`);
    await bucket.put(key, image, options.json === true ? undefined : progressLine(1000));
  }
  return name === undefined ? address : placeholder(name, key, bucket.region);
}

/** Checks options, manifest and image. The result brings the image to its place and gives the document of the job that brings it to boards. */
export function prepareOta(file: string, options: OtaOptions): (region: string) => Promise<string> {
  const place = placeOf(options);
  const manifest = parseManifest(readTextFile(file), file);
  const path = join(dirname(file), manifest.image);
  const image = readNamedFile(path);
  checkManifest(path, image, manifest);
  checkImage(path, image, manifest.chip);
  const { version, md5, sha256, size, signature } = manifest;
  return async (region) => {
    const url =
      place.kind === "url"
        ? place.url
        : place.kind === "object"
          ? placeholder(place.bucket, place.key, region)
          : await upload(image, manifest, place.bucket, options);
    return JSON.stringify({ action: "ota", url, version, md5, sha256, size, ...(signature === undefined ? {} : { signature }) });
  };
}
