/** `manifest.json` beside the images of a build: what the app image is. The flasher reads it, and what makes OTA jobs from a build. */
import { isChipName, chips, type ChipName } from "./chips";
import { FirmwareProblem } from "./problem";

export interface Manifest {
  /** The version in the image's description (esp_app_desc_t): what `describe` shows once it runs. */
  readonly version: string;
  readonly chip: ChipName;
  /** The project's name in the image's description. */
  readonly project: string;
  /** The app image's file, in the same folder. */
  readonly image: string;
  /** The image's length in bytes. */
  readonly size: number;
  /** Of the whole image, in lower-case hex. */
  readonly md5: string;
  readonly sha256: string;
  /** ECDSA P-256 over the image's SHA-256, in base64, where the image is signed. */
  readonly signature?: string;
}

/** esp_app_desc_t has 32 bytes for each of version and project, the last of which is a NUL. */
const maxNameBytes = 31;

/** Reads the text of a `manifest.json`; fields that it does not know are left alone. `file` is its name, for messages. */
export function parseManifest(text: string, file = "manifest.json"): Manifest {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new FirmwareProblem(`${file} is not JSON: it must be the manifest.json of a build`);
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields))
    throw new FirmwareProblem(`${file} is not an object: it must be the manifest.json of a build`);
  const refuse = (name: string, why: string): never => {
    throw new FirmwareProblem(`${file}: "${name}" ${why}`);
  };
  const string = (name: string, pattern: RegExp, why: string): string => {
    const value = fields[name];
    return typeof value === "string" && pattern.test(value) ? value : refuse(name, why);
  };
  const name = (field: string): string => {
    const value = string(field, /^.+$/, "must be a text that is not empty");
    return Buffer.byteLength(value) <= maxNameBytes
      ? value
      : refuse(field, `is longer than ${maxNameBytes} bytes, which an image cannot hold`);
  };
  const { chip, size, signature } = fields;
  return {
    version: name("version"),
    chip: isChipName(chip) ? chip : refuse("chip", `must be one of ${Object.keys(chips).join(", ")}`),
    project: name("project"),
    image: string("image", /^[^/\\]+$/, "must be the name of a file in the same folder"),
    size: Number.isSafeInteger(size) && (size as number) > 0 ? (size as number) : refuse("size", "must be a number of bytes"),
    md5: string("md5", /^[0-9a-f]{32}$/, "must be 32 lower-case hex digits"),
    sha256: string("sha256", /^[0-9a-f]{64}$/, "must be 64 lower-case hex digits"),
    ...(signature === undefined ? {} : { signature: string("signature", /^[A-Za-z0-9+/]+=*$/, "must be base64") }),
  };
}
