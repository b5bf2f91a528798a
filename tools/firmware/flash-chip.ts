/** What a chip is asked and told before its flash is written: whether what is written would start, and to stay awake meanwhile. */
import type { ESPLoader } from "esptool-js";
import { chips, type ChipName, type RegisterBits } from "./chips";
import { FirmwareProblem } from "./problem";

/** The values that unlock the watchdogs' registers, the same in both chips that have these. */
const rtcKey = 0x50d83aa1;
const swdKey = 0x8f1d312a;
const swdFeedsItself = 1 << 31;

async function burnt(loader: ESPLoader, { address, mask }: RegisterBits): Promise<number> {
  let bits = ((await loader.readReg(address)) & mask) >>> 0;
  let count = 0;
  for (; bits !== 0; bits >>>= 1) count += bits & 1;
  return count;
}

/** Refuses a chip that would not start what this project builds: images are neither encrypted nor signed for secure boot. */
export async function checkProtection(loader: ESPLoader, chip: ChipName, path: string): Promise<void> {
  if (loader.secureDownloadMode)
    throw new FirmwareProblem(`the board at ${path} is in secure download mode: its flash cannot be verified, use esptool`);
  if ((await burnt(loader, chips[chip].cryptCount)) % 2 === 1)
    throw new FirmwareProblem(
      `the flash of the board at ${path} is encrypted: what is written here would not start, use esptool with --encrypt`,
    );
  if ((await burnt(loader, chips[chip].secureBoot)) > 0)
    throw new FirmwareProblem(
      `the board at ${path} has secure boot: what is written here would not start, sign it with espsecure and write it with esptool`,
    );
}

/** Refuses a chip of an earlier revision than the images want; `described` is esptool's name of the chip. */
export function checkRevision(described: string, minRevision: number, path: string): void {
  // Of an ESP32 only the major number is told.
  const [, major, minor = "99"] = /revision v?(\d+)(?:\.(\d+))?/.exec(described) ?? [];
  if (major === undefined || Number(major) * 100 + Number(minor) >= minRevision) return;
  throw new FirmwareProblem(
    `the board at ${path} has an ${described}, and this firmware is for revision v${Math.floor(minRevision / 100)}.${minRevision % 100} or later: ` +
      "take a board with a later chip, or build with NodeMCU's own make and a lower minimum revision",
  );
}

/** Keeps the watchdogs quiet that a reset by USB leaves running, and lets the chip start its firmware after the next one. */
export async function quietWatchdogs(loader: ESPLoader, chip: ChipName): Promise<void> {
  const { watchdogs } = chips[chip];
  if (watchdogs === undefined) return;
  const { rtc, swd, forceDownload } = watchdogs;
  await loader.writeReg(rtc.protect, rtcKey);
  await loader.writeReg(rtc.config, 0);
  await loader.writeReg(rtc.protect, 0);
  await loader.writeReg(swd.protect, swdKey);
  await loader.writeReg(swd.config, (await loader.readReg(swd.config)) | swdFeedsItself);
  await loader.writeReg(swd.protect, 0);
  if (forceDownload !== undefined) await loader.writeReg(forceDownload.address, 0, forceDownload.mask);
}
