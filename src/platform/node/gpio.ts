/** Pins of a computer that has none: what would be driven is told to whoever listens. */
import type { Gpio } from "../../ports";

/** Hears each level that a pin is driven to. */
export type OnPin = (pin: number, level: 0 | 1) => void;

// The outputs of an ESP32: 34 to 39 are input-only, 24 and 28 to 31 do not exist (soc_caps.h, SOC_GPIO_VALID_OUTPUT_GPIO_MASK).
function canWrite(pin: number): boolean {
  return Number.isInteger(pin) && pin >= 0 && pin <= 33 && pin !== 24 && (pin < 28 || pin > 31);
}

export function nodeGpio(onPin: OnPin): Gpio {
  return {
    canWrite,
    write(pin, level) {
      if (!canWrite(pin)) return false;
      onPin(pin, level);
      return true;
    },
  };
}
