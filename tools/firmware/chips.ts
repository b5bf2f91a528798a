/**
 * The chips that the firmware is built for: how each shows in images (esp_app_format.h, esp_chip_id_t), and registers by which a flasher looks
 * after it (espressif/esptool, esptool/targets).
 */

/** A register's address and the bits that count. */
export interface RegisterBits {
  readonly address: number;
  readonly mask: number;
}

/** What keeps running through a reset by the chip's own USB port, and would restart the chip in the middle of the work (esptool, disable_watchdogs). */
export interface Watchdogs {
  readonly rtc: { readonly protect: number; readonly config: number };
  /** The super watchdog cannot be stopped: it is to feed itself. */
  readonly swd: { readonly protect: number; readonly config: number };
  /** Set by firmware that restarts into the loader: the chip would come back to it after each reset (espressif/arduino-esp32#6762). */
  readonly forceDownload: RegisterBits | undefined;
}

interface Chip {
  readonly title: string;
  readonly imageChipId: number;
  readonly bootloaderOffset: number;
  /** Flash encryption is on while an odd number of these efuses is burnt (ESP-IDF, "Flash encryption"). */
  readonly cryptCount: RegisterBits;
  /** Secure boot is on while one of these efuses is burnt. On the ESP32 the first is for version 1, the second for version 2. */
  readonly secureBoot: RegisterBits;
  readonly watchdogs: Watchdogs | undefined;
}

export const chips = {
  esp32: {
    title: "ESP32",
    imageChipId: 0x0000,
    bootloaderOffset: 0x1000,
    cryptCount: { address: 0x3ff5a000, mask: 0x7f << 20 },
    secureBoot: { address: 0x3ff5a018, mask: 0x3 << 4 },
    watchdogs: undefined,
  },
  esp32s3: {
    title: "ESP32-S3",
    imageChipId: 0x0009,
    bootloaderOffset: 0x0000,
    cryptCount: { address: 0x60007034, mask: 0x7 << 18 },
    secureBoot: { address: 0x60007038, mask: 1 << 20 },
    watchdogs: {
      rtc: { protect: 0x600080b0, config: 0x60008098 },
      swd: { protect: 0x600080b8, config: 0x600080b4 },
      forceDownload: { address: 0x6000812c, mask: 1 },
    },
  },
  esp32c3: {
    title: "ESP32-C3",
    imageChipId: 0x0005,
    bootloaderOffset: 0x0000,
    cryptCount: { address: 0x60008834, mask: 0x7 << 18 },
    secureBoot: { address: 0x60008838, mask: 1 << 20 },
    watchdogs: {
      rtc: { protect: 0x600080a8, config: 0x60008090 },
      swd: { protect: 0x600080b0, config: 0x600080ac },
      forceDownload: undefined,
    },
  },
} as const satisfies Readonly<Record<string, Chip>>;

/** A chip as ESP-IDF names it: `IDF_TARGET`, and CHIP of `make firmware`. */
export type ChipName = keyof typeof chips;

export function isChipName(name: unknown): name is ChipName {
  return typeof name === "string" && Object.hasOwn(chips, name);
}

/** What to call the chip with this id in an image's header. */
export function titleOfChipId(imageChipId: number): string {
  return Object.values(chips).find((chip) => chip.imageChipId === imageChipId)?.title ?? `chip number ${imageChipId}`;
}
