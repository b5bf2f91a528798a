/** A board behind a USB cable: a UART bridge whose DTR and RTS pull EN and IO0, and a chip that is in its loader or runs what is in flash. */
import { createNorFlash, type NorFlash } from "./nor-flash";
import { op } from "./protocol";
import { chipModels } from "./registers";
import { createRomLoader, type RomLoader } from "./rom-loader";
import { createSlipReader, encodeSlip } from "./slip";

/** What runs after a reset without the loader. */
export interface Firmware {
  /** Bytes from the console's keyboard. */
  type(bytes: Buffer): void;
  stop(): void;
}

/** What goes wrong with a board; each kind is counted from the first plug-in. */
export interface SerialFaults {
  /** SYNCs without an answer after each reset. */
  readonly silentSyncs?: number;
  /** The cable is pulled when the n-th block for the flash arrives. */
  readonly unplugAtBlock?: number;
  /** Blocks (1 is the first) of which a byte changes on the wire. */
  readonly corruptBlocks?: (block: number) => boolean;
  /** The address of a byte of flash that takes no value. */
  readonly stuckAt?: number;
  /** The chip refuses to talk at another rate. */
  readonly refusesBaudrate?: boolean;
  /** There is no circuit between DTR, RTS and the chip: it keeps running. */
  readonly ignoresLines?: boolean;
  /** Sent after a reset, in front of everything else. */
  readonly noise?: Buffer;
}

export interface SerialBoardOptions {
  readonly chip?: keyof typeof chipModels;
  readonly flashBytes?: number;
  /** What the flash's id says of its size, where its maker has numbers of its own. */
  readonly flashSizeId?: number;
  /** The efuses for flash encryption are burnt. */
  readonly isEncrypted?: boolean;
  /** The efuse for secure boot is burnt. */
  readonly hasSecureBoot?: boolean;
  /** The cable is in the chip's own USB port instead of a bridge's. A reset leaves the watchdogs running there, and the port connected. */
  readonly ownUsb?: boolean;
  readonly faults?: SerialFaults;
  /** The chip was reset with BOOT held: it is in its loader from the start. */
  readonly startsInLoader?: boolean;
  /** Starts what is in flash; writes to the console with `print`. */
  readonly boot?: (flash: NorFlash, print: (bytes: Buffer) => void) => Firmware;
}

export interface SerialBoard {
  readonly flash: NorFlash;
  readonly isInLoader: boolean;
  readonly isPluggedIn: boolean;
  /** The rate that the chip's UART is set to. */
  readonly baudRate: number;
  /** The commands that the loader has seen, in order. */
  readonly commands: readonly number[];
  /** The host's side of the cable: `hear` gets bytes, `gone` hears that the cable was pulled. */
  connect(hear: (bytes: Buffer) => void, gone: () => void): void;
  /** Bytes from the host, sent at its rate: at another than the chip's nobody understands them. */
  take(bytes: Buffer, hostBaudRate: number): void;
  /** The host's rate, for what the chip sends. */
  setHostBaudRate(baudRate: number): void;
  setLines(lines: { readonly dtr: boolean; readonly rts: boolean }): void;
  /** Presses and lets go of EN (or RST); with BOOT held meanwhile the chip starts its loader. */
  press(buttons?: { readonly boot?: boolean }): void;
  unplug(): void;
  plugIn(): void;
}

export const romBaudRate = 115200;
const blockOps: readonly number[] = [op.flashData, op.flashDeflData];
const resetLine = "\r\nrst:0x1 (POWERON_RESET),boot:";

export function createSerialBoard(options: SerialBoardOptions = {}): SerialBoard {
  const chip = chipModels[options.chip ?? "esp32"];
  const faults = options.faults ?? {};
  const flash = createNorFlash(options.flashBytes ?? 0x400000, faults.stuckAt);
  const commands: number[] = [];
  let loader: RomLoader | undefined;
  let firmware: Firmware | undefined;
  let baudRate = romBaudRate;
  let hostBaudRate = romBaudRate;
  let blocks = 0;
  let isPluggedIn = true;
  let isInReset = false;
  /** Of the chip's own USB port: what its next reset leads to. */
  let isToDownload = false;
  let hear: (bytes: Buffer) => void = () => undefined;
  let gone: () => void = () => undefined;
  const slip = createSlipReader(take);

  function send(bytes: Buffer): void {
    // At the wrong rate a byte is some other byte.
    if (isPluggedIn) hear(hostBaudRate === baudRate ? bytes : Buffer.from(bytes.map((byte, n) => (byte * 7 + n) & 0x7f)));
  }

  function take(frame: Buffer): void {
    const kind = frame[1] ?? 0;
    commands.push(kind);
    if (blockOps.includes(kind)) {
      blocks++;
      if (blocks === faults.unplugAtBlock) return unplug();
      if (faults.corruptBlocks?.(blocks) === true) frame[frame.length - 1]! ^= 0x10;
    }
    // Firmware that ran before had set it for some seconds: some blocks.
    if (blocks > 2 && options.ownUsb === true && loader?.hasWatchdog === true) return startFirmware();
    loader?.take(frame);
  }

  function stop(): void {
    firmware?.stop();
    firmware = undefined;
    loader = undefined;
    slip.reset();
    baudRate = romBaudRate;
  }

  function startLoader(): void {
    stop();
    send(faults.noise ?? Buffer.alloc(0));
    send(
      Buffer.from(`ets Jul 29 2019 12:21:46\r\n${resetLine}0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\nwaiting for download\r\n`),
    );
    loader = createRomLoader({
      chip,
      flash,
      flashSizeId: options.flashSizeId,
      macAddress: "24:0a:c4:00:00:01",
      isEncrypted: options.isEncrypted === true,
      hasSecureBoot: options.hasSecureBoot === true,
      silentSyncs: faults.silentSyncs ?? 0,
      send: (frame) => send(encodeSlip(frame)),
      changeBaudrate(wanted) {
        if (faults.refusesBaudrate === true) return false;
        // Once the answer is out.
        queueMicrotask(() => (baudRate = wanted));
        return true;
      },
      runUserCode: startFirmware,
    });
  }

  function startFirmware(): void {
    stop();
    send(faults.noise ?? Buffer.alloc(0));
    send(Buffer.from(`ets Jul 29 2019 12:21:46\r\n${resetLine}0x13 (SPI_FAST_FLASH_BOOT)\r\n`));
    firmware = options.boot?.(flash, send);
  }

  /** The chip reads both lines itself (ESP32-C3 Technical Reference Manual, USB Serial/JTAG Controller, "Reset SoC into download mode"). */
  function setOwnUsbLines(dtr: boolean, rts: boolean): void {
    if (dtr === rts) isToDownload = isToDownload && rts;
    else if (dtr) isToDownload = true;
    else (isToDownload ? startLoader : startFirmware)();
  }

  function unplug(): void {
    if (!isPluggedIn) return;
    isPluggedIn = false;
    stop();
    gone();
  }

  if (options.startsInLoader === true) startLoader();
  return {
    flash,
    commands,
    get isInLoader() {
      return loader !== undefined;
    },
    get isPluggedIn() {
      return isPluggedIn;
    },
    get baudRate() {
      return baudRate;
    },
    connect(hears, isGone) {
      hear = hears;
      gone = isGone;
    },
    take(bytes, rate) {
      if (!isPluggedIn || isInReset || rate !== baudRate) return;
      if (loader !== undefined) slip.feed(bytes);
      else firmware?.type(bytes);
    },
    setHostBaudRate(rate) {
      hostBaudRate = rate;
    },
    setLines({ dtr, rts }) {
      if (faults.ignoresLines === true) return;
      if (options.ownUsb === true) return setOwnUsbLines(dtr, rts);
      // Two transistors: RTS alone pulls EN, DTR alone pulls IO0, both together pull nothing (ESP32-DevKitC's schematic).
      const holdsReset = rts && !dtr;
      if (holdsReset) stop();
      else if (isInReset) (dtr && !rts ? startLoader : startFirmware)();
      isInReset = holdsReset;
    },
    press({ boot = false } = {}) {
      if (isPluggedIn && !isInReset) (boot ? startLoader : startFirmware)();
    },
    unplug,
    plugIn() {
      if (isPluggedIn) return;
      isPluggedIn = true;
      startFirmware();
    },
  };
}
