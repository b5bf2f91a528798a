/** The pins of the chip. */
import type { Gpio } from "../../ports";

/** Pins that are outputs already. */
const outputs: Record<number, boolean> = {};

/**
 * Pins that can be outputs, the first and the last of each row, by CONFIG_IDF_TARGET. Left out are those that only read, do not exist, or belong to the
 * flash that the program runs from (ESP-IDF, docs/en/api-reference/peripherals/gpio). On another chip no pin is known to be safe.
 */
const rows: Record<string, readonly number[] | undefined> = {
  esp32: [0, 5, 12, 19, 21, 23, 25, 27, 32, 33],
  esp32s3: [0, 21, 33, 48],
  esp32c3: [0, 10, 18, 21],
};
const own = rows[node.info("hw").chip_model ?? ""] ?? [];

function canWrite(pin: number): boolean {
  for (let at = 0; at < own.length; at += 2) {
    if (pin >= (own[at] as number) && pin <= (own[at + 1] as number)) return true;
  }
  return false;
}

export const nodemcuGpio: Gpio = {
  canWrite,
  write(pin, level) {
    if (!canWrite(pin)) return false;
    if (outputs[pin] !== true) {
      const [ok] = pcall(gpio.config, { gpio: pin, dir: gpio.OUT });
      if (!ok) return false;
      outputs[pin] = true;
    }
    const [ok] = pcall(gpio.write, pin, level);
    return ok;
  },
};
