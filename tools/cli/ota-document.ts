/** Job documents for a firmware that was built: the image goes where boards can fetch it, and the document says what it is. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseManifest, type Manifest } from "../firmware/manifest";
import { findImageProblem } from "../virtual-esp32/image";
import { chips } from "../firmware/chips";
import { WrongUsage } from "./failing";

export interface OtaOptions {
  readonly dir: string;
  readonly aws?: boolean;
  /** Where the image is, instead of bringing it there: https://… or s3://BUCKET/KEY. */
  readonly url?: string;
  readonly bucket?: string;
  /** The role with which AWS IoT signs the URL of an object in a bucket. */
  readonly role?: string;
  readonly region?: string;
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new WrongUsage(`the file "${file}" cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown reason"}`);
  }
}

/** The image beside the manifest, which is the one that the manifest describes. */
function readImage(file: string, manifest: Manifest): Buffer {
  const path = join(dirname(file), manifest.image);
  const image = read(path);
  const digest = createHash("sha256").update(image).digest("hex");
  if (image.length !== manifest.size || digest !== manifest.sha256)
    throw new WrongUsage(`${path} is not the image that ${file} describes: build again`);
  const problem = findImageProblem(image, chips[manifest.chip].imageChipId);
  if (problem !== undefined) throw new WrongUsage(`${path} is no sound image for the ${chips[manifest.chip].title}: ${problem}`);
  return image;
}

/** A name that no other image has: a job that still runs must not find another image under its URL. */
function keyOf({ project, version, chip, sha256 }: Manifest): string {
  return `firmware/${project}-${version}-${chip}-${sha256.slice(0, 12)}.bin`.replace(/[^\w./+-]/g, "-");
}

/** An object in a bucket as the document names it: AWS IoT puts a signed URL in its place for each board (AWS IoT, "Presigned URLs"). */
function placed(url: string, { role, aws, region }: OtaOptions): string {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(url) ?? [];
  if (bucket === undefined || key === undefined) {
    if (/^https?:\/\/./.test(url)) return url;
    throw new WrongUsage("--url must begin with https:// or be of the form s3://BUCKET/KEY");
  }
  if (role === undefined)
    throw new WrongUsage("name with --role the ARN of the role with which AWS IoT may read the bucket and sign the URL");
  // A path under another region's host is answered with a redirect, which a signed URL does not survive.
  const where = region ?? process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"] ?? (aws === true ? undefined : "us-east-1");
  if (where === undefined) throw new WrongUsage("name the region of the bucket with --region, or set AWS_REGION");
  return `\${aws:iot:s3-presigned-url:https://s3.${where}.amazonaws.com/${bucket}/${key}}`;
}

async function store(image: Uint8Array, manifest: Manifest, path: string, options: OtaOptions): Promise<string> {
  if (options.url !== undefined) return options.url;
  const key = keyOf(manifest);
  if (options.aws === true) {
    const bucket = options.bucket ?? "BUCKET";
    throw new WrongUsage(
      `bring the image to S3 with: aws s3 cp ${path} s3://${bucket}/${key} and say where it is with: --url s3://${bucket}/${key} --role ${options.role ?? "ROLE_ARN"}`,
    );
  }
  const { callLocal } = await import("./local-service");
  const { url } = await callLocal(options.dir, "PUT", `/objects/${key.split("/").map(encodeURIComponent).join("/")}`, image);
  return url as string;
}

/** Stores the image of a build, and makes the document of the job that brings it to boards. */
export async function otaDocument(file: string, options: OtaOptions): Promise<string> {
  const manifest = parseManifest(read(file).toString("utf8"));
  const image = readImage(file, manifest);
  const url = placed(await store(image, manifest, join(dirname(file), manifest.image), options), options);
  const { version, md5, sha256, size, signature } = manifest;
  return JSON.stringify({ action: "ota", url, version, md5, sha256, size, ...(signature === undefined ? {} : { signature }) });
}
