/** Pins of a computer that has none: what would be driven is told to whoever listens. */
import type { Gpio } from "../../ports";

/** Hears each level that a pin is driven to. */
export type OnPin = (pin: number, level: 0 | 1) => void;

// The outputs of an ESP32: 34 to 39 only read; 20, 24 and 28 to 31 do not exist; 6 to 11 hold the flash that the program runs from.
function canWrite(pin: number): boolean {
  return Number.isInteger(pin) && pin >= 0 && pin <= 33 && (pin < 6 || pin > 11) && pin !== 20 && pin !== 24 && (pin < 28 || pin > 31);
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
