/** Whether an image is what somebody is about to flash, to sign or to send to boards. Each refusal is a sentence that names the file. */
import { createHash } from "node:crypto";
import { findImageProblem, readDescription } from "../virtual-esp32/image";
import { chips, titleOfChipId, type ChipName } from "./chips";
import { hex } from "./flash-places";
import type { Manifest } from "./manifest";
import { FirmwareProblem } from "./problem";

const imageMagic = 0xe9;

/** The app image is the one that the manifest describes: neither cut, nor padded, nor another build's. */
export function checkManifest(path: string, bytes: Buffer, manifest: Manifest): void {
  const refuse = (why: string): never => {
    throw new FirmwareProblem(`${path} is not the image that manifest.json describes: ${why}; build again`);
  };
  if (bytes.length !== manifest.size) refuse(`it has ${bytes.length} bytes instead of ${manifest.size}`);
  for (const kind of ["md5", "sha256"] as const) {
    if (createHash(kind).update(bytes).digest("hex") !== manifest[kind]) refuse(`its ${kind.toUpperCase()} differs`);
  }
  const description = readDescription(bytes);
  if (description === undefined) return refuse("it has no description");
  if (description.version !== manifest.version) refuse(`its version is ${description.version} instead of ${manifest.version}`);
  if (description.project !== manifest.project) refuse(`its project is ${description.project} instead of ${manifest.project}`);
}

/** An image for the chip, whole by its own checksum and digest. */
export function checkImage(path: string, bytes: Buffer, chip: ChipName): void {
  if (bytes[0] !== imageMagic) throw new FirmwareProblem(`${path} is no image for an ESP32: it begins with ${hex(bytes[0] ?? 0)}`);
  const { title, imageChipId } = chips[chip];
  const found = bytes.length >= 14 ? bytes.readUInt16LE(12) : imageChipId;
  if (found !== imageChipId) throw new FirmwareProblem(`${path} is for the ${titleOfChipId(found)}, and manifest.json for the ${title}`);
  const problem = findImageProblem(bytes, imageChipId);
  if (problem !== undefined) throw new FirmwareProblem(`${path} is damaged: ${problem}`);
}
