/** The chips that the firmware is built for: how each shows in images (esp_app_format.h, esp_chip_id_t), and the efuses that switch flash encryption on (esptool/targets). */

export const chips = {
  esp32: { title: "ESP32", imageChipId: 0x0000, bootloaderOffset: 0x1000, cryptCount: { address: 0x3ff5a000, mask: 0x7f << 20 } },
  esp32s3: { title: "ESP32-S3", imageChipId: 0x0009, bootloaderOffset: 0x0000, cryptCount: { address: 0x60007034, mask: 0x7 << 18 } },
  esp32c3: { title: "ESP32-C3", imageChipId: 0x0005, bootloaderOffset: 0x0000, cryptCount: { address: 0x60008834, mask: 0x7 << 18 } },
} as const;

/** A chip as ESP-IDF names it: `IDF_TARGET`, and CHIP of `make firmware`. */
export type ChipName = keyof typeof chips;

export function isChipName(name: unknown): name is ChipName {
  return typeof name === "string" && Object.hasOwn(chips, name);
}

/** What to call the chip with this id in an image's header. */
export function titleOfChipId(imageChipId: number): string {
  return Object.values(chips).find((chip) => chip.imageChipId === imageChipId)?.title ?? `chip number ${imageChipId}`;
}
