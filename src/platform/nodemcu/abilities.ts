/** What differs between stock NodeMCU and our firmware. Which of the two it is, is decided once, at boot. */
import type { Records } from "../../ports";
import type { Settings } from "../../settings";

/** @noSelf */
export interface Abilities {
  readonly records: Records;
  /** Of a download. */
  readonly maxUrlBytes: number;
  /** What this firmware cannot do, one phrase; undefined when nothing is missing. */
  readonly limit: string | undefined;
  /** A part of the device's identity, by its file name. */
  identity(name: string): string | undefined;
  /** For the console, lines: how a person gives the device its identity, or just this part of it. */
  help(name: string): string;
  /** Why these settings do not work on this firmware, else undefined. Called before the MQTT connection is made. */
  refuse(settings: Settings): string | undefined;
  /** Whether the firmware has dropped messages, too large or for want of memory, since it was last asked. */
  hasDropped(): boolean;
  /** As `System.bootReason`. */
  bootReason(): string;
  /** As `System.random`. */
  random(below: number): number;
}
