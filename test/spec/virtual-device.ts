/** A device for specs: every port works, only smaller, and time moves when the spec says so. What it was made to do stands in `trace`. */
import type { Bytes, Device, FirmwareState } from "../../src/ports";
import { quotient, text } from "../../src/portable/integers";
import { virtualClock } from "./virtual-clock";
import { virtualFirmware } from "./virtual-firmware";
import type { FirmwareScript } from "./virtual-firmware";
import { virtualHash } from "./virtual-hash";
import { virtualSignatures } from "./virtual-signatures";
import { virtualHttp } from "./virtual-http";
import type { ScriptedAnswer } from "./virtual-http";

/** What a spec may start a device with. Everything has a default: an accepted version 1.0.0 in ota_0, and 1.5 MB for the next. */
export interface VirtualDeviceOptions {
  readonly version?: string;
  /** The project of the running firmware; not told unless given. */
  readonly project?: string;
  readonly state?: FirmwareState;
  /** The slot it runs from; `ota_0` unless said otherwise. */
  readonly slot?: string;
  /** The size of the slot that updates go to; 0 makes a board that cannot update itself. */
  readonly slotBytes?: number;
  /** Steps of an update that are refused, with the reason. */
  readonly refusals?: FirmwareScript["refusals"];
  /** Answers by URL. Any other URL ends as failed, as an unknown host does. */
  readonly answers?: Record<string, ScriptedAnswer>;
  readonly maxUrlBytes?: number;
  readonly bootReason?: string;
  /** Crashes in a row before this boot. */
  readonly crashes?: number;
  readonly epochSeconds?: number;
  readonly limits?: readonly string[];
  /** Who signs this device's firmware; nobody unless said otherwise. */
  readonly signer?: string;
  /** Why this device cannot check signatures. */
  readonly signatureProblem?: string;
  /** Records left from an earlier boot. */
  readonly texts?: Record<string, string>;
}

/** The device, and what a spec sees of it. */
/** @noSelf */
export interface VirtualDevice extends Device {
  /** One line for each thing done, such as `250 pin 2 off`: milliseconds since boot first. A restart ends it, and every timer. */
  readonly trace: string[];
  /** Lines for the console. */
  readonly lines: string[];
  /** The records, by name. */
  readonly texts: Record<string, string>;
  /** What the update slot holds: the pieces since the update began. */
  readonly slot: Bytes[];
  /** While false, no record can be written. */
  recordsWork: boolean;
  /** Milliseconds since boot. */
  nowMs(): number;
  /** Moves on by `ms`, firing what falls due on the way, in order. */
  advance(ms: number): void;
  /** Moves on to the next timer. False when there is none. */
  advanceToNext(): boolean;
  /** The time of day becomes known, or jumps. */
  setEpoch(seconds: number): void;
}

/** Numbers that look random and are the same in every run. */
function virtualRandom(): (below: number) => number {
  let drawn = 12345;
  return (below) => {
    drawn = drawn * 137 + 41;
    drawn -= quotient(drawn, 32749) * 32749;
    return drawn - quotient(drawn, below) * below;
  };
}

/** The pins that can be outputs: 34 to 39 only read, six do not exist, and 6 to 11 hold the flash. */
function canWrite(pin: number): boolean {
  return pin >= 0 && pin <= 33 && (pin < 6 || pin > 11) && pin !== 20 && pin !== 24 && (pin < 28 || pin > 31);
}

/** A device just booted. */
export function virtualDevice(options: VirtualDeviceOptions = {}): VirtualDevice {
  const time = virtualClock(options.epochSeconds);
  const trace: string[] = [];
  const lines: string[] = [];
  const slot: Bytes[] = [];
  const texts: Record<string, string> = options.texts ?? {};
  let isOff = false;

  function did(what: string): void {
    if (!isOff) trace.push(`${text(time.nowMs())} ${what}`);
  }
  function restart(how: string): void {
    did(how);
    isOff = true;
    time.stop();
  }

  const device: VirtualDevice = {
    trace,
    lines,
    texts,
    slot,
    recordsWork: true,
    nowMs: () => time.nowMs(),
    advance: (ms) => time.advance(ms),
    advanceToNext: () => time.advanceToNext(),
    setEpoch: (seconds) => time.setEpoch(seconds),
    clock: time.port,
    http: virtualHttp(time.port, options.answers ?? {}, options.maxUrlBytes ?? 4096, did),
    firmware: virtualFirmware(
      {
        version: options.version ?? "1.0.0",
        project: options.project,
        state: options.state ?? "accepted",
        runningSlot: options.slot ?? "ota_0",
        slotBytes: options.slotBytes ?? 1572864,
        refusals: options.refusals ?? {},
      },
      slot,
      did,
      restart,
    ),
    hashes: { start: virtualHash },
    signatures: options.signer === undefined ? undefined : virtualSignatures(options.signer, options.signatureProblem),
    gpio: {
      canWrite,
      write(pin: number, level: 0 | 1): boolean {
        if (!canWrite(pin)) return false;
        did(`pin ${text(pin)} ${level === 1 ? "on" : "off"}`);
        return true;
      },
    },
    records: {
      read: (name) => texts[name],
      write(name: string, content: string): boolean {
        if (isOff || !device.recordsWork || name.length > 15 || content.length > 4000) return false;
        did(`record ${name}`);
        texts[name] = content;
        return true;
      },
    },
    system: {
      restart: () => restart("restart"),
      freeBytes: () => 100000,
      bootReason: () => options.bootReason ?? "power",
      crashes: () => options.crashes ?? 0,
      forgetCrashes: () => did("forget crashes"),
      random: virtualRandom(),
      log(line: string): void {
        lines.push(line);
      },
      limits: options.limits ?? [],
    },
  };
  return device;
}
