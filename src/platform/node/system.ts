/** The process as a board. */
import { randomInt } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { System } from "../../ports";
import { readText, writeDurably } from "./files";

/** What `freeBytes` says at most: portable code counts in 31 bits. */
const mostBytes = 2 ** 31 - 1;

/** Crashes in a row while this process lives, of the firmware named. */
export interface Crashes {
  count: number;
  firmware: string;
}

/** What the host provides. */
export interface Host {
  /** Ends this boot and begins the next one. */
  restart(): void;
  readonly bootReason: string;
  readonly crashes: Crashes;
  log(line: string): void;
}

export function nodeSystem(host: Host): System {
  return {
    restart: () => host.restart(),
    freeBytes: () => Math.min(process.availableMemory(), mostBytes),
    bootReason: () => host.bootReason,
    crashes: () => host.crashes.count,
    forgetCrashes() {
      host.crashes.count = 0;
    },
    random: (below) => randomInt(below),
    log: (line) => host.log(line),
    limits: ["pins are only reported: this computer has none", "firmware images are kept and checked, but not executed"],
  };
}

/** Why a boot ended that this program ended itself. */
export type RestartReason = "restart" | "crash" | "rollback";

const reasonFile = "boot-reason";

/** Leaves the reason for the next boot, also when another process makes it. A full disk must not keep the next boot from coming. */
export function leaveBootReason(dir: string, reason: RestartReason): void {
  try {
    writeDurably(dir, reasonFile, reason);
  } catch {
    // The next boot says `power` then.
  }
}

/** The reason that the last boot left, once; `power` when it ended without one. */
export function takeBootReason(dir: string): string {
  const reason = readText(dir, reasonFile);
  rmSync(join(dir, reasonFile), { force: true });
  return reason === "restart" || reason === "crash" || reason === "rollback" ? reason : "power";
}
