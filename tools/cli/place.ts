/** The folder in which a running Jobs service, its certificates and its boards are found again by other commands. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CommandFailed } from "./failing";

/** Where a service can be reached. `ca` is the path of its root certificate. */
export interface ServiceAddress {
  readonly mqtt: string;
  readonly mqtts: string;
  readonly https: string;
  readonly ca: string;
}

/** `--dir`, else the environment, else `.esp32-jobs` here. */
export const defaultPlace = process.env["ESP32_JOBS_DIR"] ?? ".esp32-jobs";

const addressFile = (place: string): string => join(place, "service.json");

/** The folder of the service's own certificates. */
export const servicePlace = (place: string): string => join(place, "service");

/** A thing's name as a file's: a colon is legal in the one and not everywhere in the other, and 128 of them are too long once written so. */
export function fileNameOf(thingName: string): string {
  const name = thingName.replaceAll(":", "%3A");
  return name.length <= 200 ? name : `${name.slice(0, 150)}-${createHash("sha256").update(thingName).digest("hex").slice(0, 16)}`;
}

/** The folder of one board or agent. */
export const thingPlace = (place: string, thingName: string): string => join(place, "things", fileNameOf(thingName));

/**
 * Keeps a thing's folder for this process: two programs in one would write the same flash and push each other off the broker. Given
 * up when the process ends.
 */
export function occupy(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "running.pid");
  const holder = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  if (holder !== process.pid && isAlive(holder)) {
    throw new CommandFailed(`the thing of ${folder} runs already, as process ${holder}: end that one, or choose another --thing`);
  }
  writeFileSync(file, String(process.pid));
  process.once("exit", () => rmSync(file, { force: true }));
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Makes the service known to other commands. The result makes it forgotten. */
export function announceService(place: string, address: ServiceAddress): () => void {
  mkdirSync(place, { recursive: true, mode: 0o700 });
  const file = addressFile(place);
  writeFileSync(file, JSON.stringify(address));
  return () => {
    if (existsSync(file) && readFileSync(file, "utf8") === JSON.stringify(address)) rmSync(file);
  };
}

/** Finds the service that `up` started. */
export function findService(place: string): ServiceAddress {
  try {
    return JSON.parse(readFileSync(addressFile(place), "utf8")) as ServiceAddress;
  } catch {
    throw new CommandFailed(`no Jobs service is running in ${place}: start one with: esp32-jobs up`);
  }
}
