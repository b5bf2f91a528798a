/** The registers of a chip that a flasher reads: what tells chips apart, the MAC address, and the SPI peripheral that asks the flash for its id. */

/** A chip as its loader shows it; addresses are in esptool's targets (esptool/targets/esp32*.py). */
export interface ChipModel {
  readonly name: "ESP32" | "ESP32-S3" | "ESP32-C3";
  /** What GET_SECURITY_INFO says; the ESP32 does not know that command. */
  readonly imageChipId: number | undefined;
  /** At 0x40001000, where all chips have something of their own. */
  readonly magic: number;
  /** Where the two words of the MAC address are. */
  readonly macAddress: number;
  /** The first efuse of those that switch flash encryption on. */
  readonly cryptCount: { readonly address: number; readonly value: number };
  /** The efuse of secure boot, of its second version. */
  readonly secureBoot: { readonly address: number; readonly value: number };
  /** The RTC's watchdog and the super watchdog: the registers that lock and set them; the ESP32 has no USB port of its own that would leave them running. */
  readonly watchdogs:
    { readonly rtc: readonly [lock: number, config: number]; readonly swd: readonly [lock: number, config: number] } | undefined;
  readonly spi: { readonly base: number; readonly usr2: number; readonly w0: number };
}

const newerSpi = { base: 0x60002000, usr2: 0x20, w0: 0x58 };

export const chipModels: Readonly<Record<"esp32" | "esp32s3" | "esp32c3", ChipModel>> = {
  esp32: {
    name: "ESP32",
    imageChipId: undefined,
    magic: 0x00f01d83,
    macAddress: 0x3ff5a004,
    cryptCount: { address: 0x3ff5a000, value: 1 << 20 },
    secureBoot: { address: 0x3ff5a018, value: 1 << 5 },
    watchdogs: undefined,
    spi: { base: 0x3ff42000, usr2: 0x24, w0: 0x80 },
  },
  esp32s3: {
    name: "ESP32-S3",
    imageChipId: 9,
    magic: 0x09,
    macAddress: 0x60007044,
    cryptCount: { address: 0x60007034, value: 1 << 18 },
    secureBoot: { address: 0x60007038, value: 1 << 20 },
    watchdogs: { rtc: [0x600080b0, 0x60008098], swd: [0x600080b8, 0x600080b4] },
    spi: newerSpi,
  },
  esp32c3: {
    name: "ESP32-C3",
    imageChipId: 5,
    magic: 0x1b31506f,
    macAddress: 0x60008844,
    cryptCount: { address: 0x60008834, value: 1 << 18 },
    secureBoot: { address: 0x60008838, value: 1 << 20 },
    watchdogs: { rtc: [0x600080a8, 0x60008090], swd: [0x600080b0, 0x600080ac] },
    spi: newerSpi,
  },
};

export interface Registers {
  read(address: number): number;
  write(address: number, value: number): void;
  /** Whether a watchdog still counts that only the chip itself can stop. */
  readonly hasWatchdog: boolean;
}

const magicAddress = 0x40001000;
/** The ESP32's UART divider, by which its crystal is told: 40 MHz at 115200 baud. */
const uartDivider = { address: 0x3ff40014, value: Math.floor(40_000_000 / 115_200) };
/** What a watchdog's lock must hold while it is set, and how: RTC_CNTL_WDT_WKEY, RTC_CNTL_SWD_WKEY, RTC_CNTL_SWD_AUTO_FEED_EN. */
const watchdogKeys = { rtc: 0x50d83aa1, swd: 0x8f1d312a, swdFeedsItself: 0x80000000 } as const;
const rtcWatchdogRuns = 0x80000000;
const spiUserCommand = 1 << 18;
const readFlashId = 0x9f;
/** A Winbond chip; the third byte is the logarithm of its size. */
const flashMaker = 0x40ef;

export interface RegisterOptions {
  readonly flashSizeBytes: number;
  /** The third byte of the flash's id; for most makers the logarithm of its size, and here unless given. */
  readonly flashSizeId?: number | undefined;
  /** As a person reads it: 24:0a:c4:00:00:01. */
  readonly macAddress: string;
  readonly isEncrypted: boolean;
  readonly hasSecureBoot: boolean;
}

export function createRegisters(
  chip: ChipModel,
  { flashSizeBytes, flashSizeId = Math.log2(flashSizeBytes), macAddress, isEncrypted, hasSecureBoot }: RegisterOptions,
): Registers {
  const mac = macAddress.split(":").map((byte) => Number.parseInt(byte, 16));
  const words = new Map<number, number>([
    [magicAddress, chip.magic],
    [uartDivider.address, uartDivider.value],
    [chip.cryptCount.address, isEncrypted ? chip.cryptCount.value : 0],
    [chip.secureBoot.address, hasSecureBoot ? chip.secureBoot.value : 0],
    [chip.macAddress, Buffer.from(mac.slice(2)).readUInt32BE(0)],
    [chip.macAddress + 4, Buffer.from(mac.slice(0, 2)).readUInt16BE(0)],
  ]);
  const { base, usr2, w0 } = chip.spi;
  const { rtc, swd } = chip.watchdogs ?? {};
  if (rtc !== undefined) words.set(rtc[1], rtcWatchdogRuns);
  const isLocked = (address: number): boolean =>
    (address === rtc?.[1] && words.get(rtc[0]) !== watchdogKeys.rtc) || (address === swd?.[1] && words.get(swd[0]) !== watchdogKeys.swd);

  return {
    get hasWatchdog() {
      if (rtc === undefined || swd === undefined) return false;
      return words.get(rtc[1]) !== 0 || ((words.get(swd[1]) ?? 0) & watchdogKeys.swdFeedsItself) === 0;
    },
    read: (address) => words.get(address) ?? 0,
    write(address, value) {
      if (isLocked(address)) return;
      words.set(address, value);
      if (address !== base || (value & spiUserCommand) === 0) return;
      // The command is done by the time somebody looks.
      words.set(base, 0);
      if (((words.get(base + usr2) ?? 0) & 0xff) === readFlashId) words.set(base + w0, (flashSizeId << 16) | flashMaker);
    },
  };
}
