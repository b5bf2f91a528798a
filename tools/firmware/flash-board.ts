/** Writes a plan into a board through the loader in its ROM, with esptool-js; every piece is compared with the flash afterwards. */
import { createHash } from "node:crypto";
import { ESPLoader, Transport, type FlashSizeValues, type ROM } from "esptool-js";
import { chips } from "./chips";
import { checkProtection, checkRevision, quietWatchdogs } from "./flash-chip";
import { whyNotWritten } from "./flash-failure";
import { hex } from "./flash-places";
import type { FlashPart, FlashPlan } from "./flash-plan";
import { FirmwareProblem } from "./problem";
import type { SerialBinding } from "./serial-binding";
import { createWebSerial, type WebSerial } from "./web-serial";

export interface FlashProgress {
  readonly name: string;
  readonly offset: number;
  /** Of all bytes of the plan, 0 to 100. */
  readonly percent: number;
}

export interface FlashOptions {
  readonly binding: SerialBinding;
  readonly path: string;
  readonly baudRate: number;
  /** Erases the whole flash first: files and settings on the board go, too. */
  readonly eraseAll?: boolean;
  readonly say?: (sentence: string) => void;
  readonly progress?: (progress: FlashProgress) => void;
  /** Calls it off; the port is closed in good order. */
  readonly signal?: AbortSignal;
}

export interface FlashedBoard {
  /** Esptool's name of the chip and its revision. */
  readonly chip: string;
  readonly mac: string;
  readonly flashSizeBytes: number;
  /** The rate that was used in the end. */
  readonly baudRate: number;
  /** False where the port has no lines to reset the board with: it has to be reset by hand. */
  readonly wasReset: boolean;
}

/** The ROM's loader is talked to at this rate, whatever the board's own firmware uses. */
const romBaudRate = 115200;
/** RTS holds EN low for so long; the capacitor at EN needs some milliseconds. */
const resetMs = 100;

const silent = { clean: () => undefined, write: () => undefined, writeLine: () => undefined };

/** Esptool-js writes traces to the console, some of them always. */
class QuietTransport extends Transport {
  override trace(): void {}
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function reset({ port }: WebSerial): Promise<void> {
  await port.setSignals({ dataTerminalReady: false, requestToSend: true });
  await rest(resetMs);
  await port.setSignals({ dataTerminalReady: false, requestToSend: false });
}

/** Connects and refuses another chip; nothing was written by then. */
async function connect(loader: ESPLoader, plan: FlashPlan, path: string): Promise<ROM> {
  await loader.detectChip();
  const { title } = chips[plan.chip];
  const found = loader.chip.CHIP_NAME;
  if (found !== title) {
    const other = found.toLowerCase().replaceAll("-", "");
    throw new FirmwareProblem(
      `the board at ${path} has an ${found}, and this firmware is for the ${title}${other in chips ? `: build it with CHIP=${other}` : ""}`,
    );
  }
  await checkProtection(loader, plan.chip, path);
  await loader.chip.postConnect?.(loader);
  await quietWatchdogs(loader, plan.chip);
  return loader.chip;
}

async function flashSizeOf(loader: ESPLoader, path: string): Promise<number> {
  // JEDEC: the third byte stands for the size, mostly but not with every maker as its logarithm; 0 and 0xFF are a bus on which nothing answers.
  const sizeId = ((await loader.readFlashId()) >> 16) & 0xff;
  const size = loader.DETECTED_FLASH_SIZES[sizeId];
  if (size !== undefined) return loader.flashSizeBytes(size as FlashSizeValues);
  throw new FirmwareProblem(
    sizeId === 0 || sizeId === 0xff
      ? `the flash chip of the board at ${path} does not answer: something else may be connected to its pins`
      : `the flash chip of the board at ${path} has an unknown size (${hex(sizeId)}): write it with --with-esptool`,
  );
}

async function writePart(loader: ESPLoader, part: FlashPart, report: (share: number) => void): Promise<void> {
  await loader.writeFlash({
    fileArray: [{ data: new Uint8Array(part.bytes), address: part.offset }],
    // As it was built: the header already says what flash_args says.
    flashMode: "keep",
    flashFreq: "keep",
    flashSize: "keep",
    eraseAll: false,
    compress: true,
    reportProgress: (_, written, total) => report(written / total),
    calculateMD5Hash: (image) => createHash("md5").update(image).digest("hex"),
  });
}

async function writeAll(loader: ESPLoader, plan: FlashPlan, options: FlashOptions, begin: (part: FlashPart) => void): Promise<void> {
  const total = plan.parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
  let before = 0;
  for (const part of plan.parts) {
    begin(part);
    const { name, offset, bytes } = part;
    await writePart(loader, part, (share) =>
      options.progress?.({ name, offset, percent: Math.floor((100 * (before + share * bytes.length)) / total) }),
    );
    before += bytes.length;
  }
}

/** Flashes a board; rejects with one sentence. The board runs what it was given, unless it has to be reset by hand. */
export async function flashBoard(plan: FlashPlan, options: FlashOptions): Promise<FlashedBoard> {
  const { path, say = () => undefined } = options;
  let doing = "connecting";
  let hasWritten = false;
  const gone = (): Error =>
    new FirmwareProblem(
      hasWritten
        ? `${path} vanished while ${doing} was being written: the board does not start until it is flashed again, to the end`
        : `${path} vanished: is the cable loose? If it is the chip's own USB port: hold its BOOT button, press RST, and flash again`,
    );
  const serial = await createWebSerial({ binding: options.binding, path, gone });
  const stop = (): void =>
    serial.fail(
      new FirmwareProblem(
        hasWritten ? `stopped while ${doing} was being written: flash the board again before it is used` : "stopped; nothing was written",
      ),
    );
  options.signal?.addEventListener("abort", stop, { once: true });
  if (options.signal?.aborted === true) stop();

  const transport = new QuietTransport(serial.port);
  const loader = new ESPLoader({ transport, baudrate: options.baudRate, romBaudrate: romBaudRate, terminal: silent });

  async function work(): Promise<FlashedBoard> {
    say(`Connecting to ${path}`);
    const chip = await connect(loader, plan, path);
    const described = await chip.getChipDescription(loader);
    checkRevision(described, plan.minRevision, path);
    const mac = await chip.readMac(loader);
    say(`${described}, ${mac}`);
    await loader.runStub();
    if (options.baudRate !== romBaudRate) await loader.changeBaud();
    const flashSizeBytes = await flashSizeOf(loader, path);
    if (flashSizeBytes < plan.flashSizeBytes)
      throw new FirmwareProblem(
        `the board at ${path} has ${flashSizeBytes >> 20} MB of flash, and this firmware needs ${plan.flashSizeBytes >> 20} MB`,
      );
    hasWritten = true;
    if (options.eraseAll === true) {
      doing = "nothing yet but the flash erased";
      say("Erasing the whole flash");
      await loader.eraseFlash();
    }
    await writeAll(loader, plan, options, (part) => {
      doing = part.name;
      say(`Writing ${part.name} at ${hex(part.offset)}, ${part.bytes.length} bytes`);
    });
    await reset(serial);
    return { chip: described, mac, flashSizeBytes, baudRate: transport.baudrate, wasReset: serial.hasLines };
  }

  const working = work();
  // After a failure of the port it ends by itself; nobody is to hear of that twice.
  working.catch(() => undefined);
  try {
    return await Promise.race([working, serial.failed]);
  } catch (error) {
    // The board goes on with what it has, rather than waiting in its loader.
    if (!hasWritten) await reset(serial).catch(() => undefined);
    throw whyNotWritten(error, { path, doing, hasWritten, baudRate: options.baudRate });
  } finally {
    options.signal?.removeEventListener("abort", stop);
    await serial.port.close();
  }
}
