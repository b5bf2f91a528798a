/** The loader in the ROM of an ESP32, and the stub that a flasher puts in its place: Espressif's serial protocol from the chip's side. */
import { getStubJsonByChipName } from "esptool-js";
import { createFlashDownload } from "./flash-download";
import { sectorBytes, type NorFlash } from "./nor-flash";
import { answer, checksumOf, failures, op, readCommand, type Command, type Failure } from "./protocol";
import { createRegisters, type ChipModel } from "./registers";

export interface RomLoaderOptions {
  readonly chip: ChipModel;
  readonly flash: NorFlash;
  readonly flashSizeId?: number | undefined;
  readonly macAddress: string;
  readonly isEncrypted: boolean;
  readonly hasSecureBoot: boolean;
  /** Sends a frame, still without SLIP. */
  readonly send: (frame: Buffer) => void;
  /** False refuses the rate. The answer goes out at the old one. */
  readonly changeBaudrate: (baudRate: number) => boolean;
  /** SYNCs that stay without an answer, as when the chip is not up yet. */
  readonly silentSyncs: number;
  /** Leaves the loader and starts what is in flash. */
  readonly runUserCode: () => void;
}

export interface RomLoader {
  /** A frame from the host. */
  take(frame: Buffer): void;
  /** Whether a watchdog will restart the chip soon. */
  readonly hasWatchdog: boolean;
}

interface Done {
  readonly failure?: Failure | undefined;
  readonly value?: number;
  readonly data?: Uint8Array;
}

/** The ROM answers SYNC with what it has read last: the first bytes of the pattern (seen in many traces, such as espressif/esptool-js#175). */
const syncValue = 0x20120707;
/** ROM and stub answer SYNC eight times. */
const syncAnswers = 8;
/** The ROM repeats its refusal of a command that it does not know (espressif/esptool-js, lib/esploader.js, readPacket). */
const refusals = 8;
const flashOps: readonly number[] = [
  op.flashBegin,
  op.flashData,
  op.flashEnd,
  op.flashDeflBegin,
  op.flashDeflData,
  op.flashDeflEnd,
  op.spiFlashMd5,
];
const dataOps: readonly number[] = [op.flashData, op.flashDeflData];

export function createRomLoader(options: RomLoaderOptions): RomLoader {
  const { chip, flash, send } = options;
  const registers = createRegisters(chip, { flashSizeBytes: flash.sizeBytes, ...options });
  const download = createFlashDownload(flash);
  const memory = new Map<number, Buffer>();
  let memoryAt = 0;
  let isStub = false;
  let isAttached = false;
  let silentSyncs = options.silentSyncs;

  /** The ROM of the ESP32 family says that something failed and then what; the stub only what. */
  function statusOf(failure: Failure | undefined): readonly number[] {
    if (isStub) return [failure === undefined ? 0 : failures[failure].stub, 0];
    return failure === undefined ? [0, 0, 0, 0] : [1, failures[failure].rom, 0, 0];
  }

  function reply(command: Command, { failure, value, data }: Done, after: () => void = () => undefined): void {
    send(answer(command.op, value ?? 0, data ?? Buffer.alloc(0), statusOf(failure)));
    after();
  }

  /** Whether the memory holds, at its place, the very stub that belongs to this chip. */
  async function startStub(entry: number): Promise<void> {
    const stub = await getStubJsonByChipName(chip.name);
    const isThere = (at: number, bytes: Uint8Array): boolean => memory.get(at)?.equals(bytes) === true;
    // Anything else would be a program that this simulation cannot run: the chip is silent.
    if (stub === undefined || stub.entry !== entry) return;
    if (!isThere(stub.text_start, stub.decodedText) || !isThere(stub.data_start, stub.decodedData)) return;
    isStub = true;
    isAttached = true;
    send(Buffer.from("OHAI"));
  }

  function memData(command: Command): Failure | undefined {
    const bytes = command.data.subarray(16);
    if (command.word(0) !== bytes.length) return "badLength";
    if (checksumOf(bytes) !== command.checksum) return "badChecksum";
    memory.set(memoryAt, Buffer.concat([memory.get(memoryAt) ?? Buffer.alloc(0), bytes]));
    return undefined;
  }

  function writeRegisters(command: Command): Failure | undefined {
    if (command.data.length === 0 || command.data.length % 16 !== 0) return "badLength";
    for (let n = 0; n < command.data.length / 4; n += 4) {
      const [address, value, mask] = [command.word(n), command.word(n + 1), command.word(n + 2)];
      registers.write(address, ((registers.read(address) & ~mask) | (value & mask)) >>> 0);
    }
    return undefined;
  }

  function securityInfo(imageChipId: number): Buffer {
    const info = Buffer.alloc(20);
    info.writeUInt32LE(imageChipId, 12);
    return info;
  }

  function refuseUnknown(command: Command): void {
    if (isStub) return reply(command, { failure: "badCommand" });
    // Its answer does not name the command: esptool takes that for "not supported" (esptool/loader.py, command).
    for (let n = 0; n < refusals; n++) send(answer(0, 0, Buffer.alloc(0), [1, failures.badCommand.rom, 0, 0]));
  }

  /** A block: the stub says that it has arrived and writes it then, so that what went wrong is told in place of the next answer. */
  function takeBlock(command: Command): void {
    const failure = download.block(command);
    reply(command, { failure: failure ?? (isStub ? undefined : download.problem()) });
  }

  function carryOut(command: Command): void {
    // The stub tells of it once, and does nothing of what it is asked with that.
    const earlier = isStub ? download.problem() : undefined;
    if (earlier !== undefined) return reply(command, { failure: earlier });
    if (flashOps.includes(command.op) && !isAttached) return reply(command, { failure: "spiFailed" });
    if (dataOps.includes(command.op)) return takeBlock(command);
    switch (command.op) {
      case op.sync:
        if (silentSyncs-- > 0) return;
        for (let n = 0; n < syncAnswers; n++) reply(command, { value: isStub ? 0 : syncValue });
        return;
      case op.readReg:
        return reply(command, { value: registers.read(command.word(0)) });
      case op.writeReg:
        return reply(command, { failure: writeRegisters(command) });
      case op.memBegin:
        memoryAt = command.word(3);
        memory.delete(memoryAt);
        return reply(command, {});
      case op.memData:
        return reply(command, { failure: memData(command) });
      case op.memEnd:
        return reply(command, {}, () => void startStub(command.word(1)));
      case op.spiAttach:
        isAttached = true;
        return reply(command, {});
      case op.spiSetParams:
        return reply(command, command.data.length === 24 ? {} : { failure: "badLength" });
      case op.flashBegin:
        return reply(command, { failure: download.begin(command, false) });
      case op.flashDeflBegin:
        return reply(command, { failure: download.begin(command, true) });
      case op.flashEnd:
      case op.flashDeflEnd:
        // Only the ROM starts the firmware then (esp-flasher-stub, s_flash_end).
        return reply(
          command,
          { failure: download.problem() ?? download.end() },
          command.word(0) === 0 && !isStub ? options.runUserCode : undefined,
        );
      case op.spiFlashMd5: {
        const digest = flash.md5(command.word(0), command.word(1));
        return reply(command, { data: isStub ? digest : Buffer.from(digest.toString("hex")) });
      }
      case op.changeBaudrate: {
        const isTaken = options.changeBaudrate(command.word(0));
        return reply(command, isTaken ? {} : { failure: "badCommand" });
      }
      case op.getSecurityInfo:
        if (chip.imageChipId === undefined) return refuseUnknown(command);
        return reply(command, { data: securityInfo(chip.imageChipId) });
      case op.eraseFlash:
        if (!isStub) return refuseUnknown(command);
        flash.erase(0, flash.sizeBytes);
        return reply(command, {});
      case op.eraseRegion:
        if (!isStub) return refuseUnknown(command);
        if (command.word(0) % sectorBytes !== 0 || command.word(1) % sectorBytes !== 0) return reply(command, { failure: "badLength" });
        flash.erase(command.word(0), command.word(1));
        return reply(command, {});
      case op.runUserCode:
        // The stub has no answer for it, and does nothing.
        return isStub ? undefined : refuseUnknown(command);
      default:
        return refuseUnknown(command);
    }
  }

  return {
    get hasWatchdog() {
      return registers.hasWatchdog;
    },
    take(frame) {
      const command = readCommand(frame);
      if (command !== undefined) carryOut(command);
    },
  };
}
