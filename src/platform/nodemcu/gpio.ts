/** The pins of the ESP32. */
import type { Gpio } from "../../ports";

/** Pins that are outputs already. */
const outputs: Record<number, boolean> = {};

// 34 to 39 only read; 20, 24 and 28 to 31 do not exist; 6 to 11 hold the flash that the program runs from.
function canWrite(pin: number): boolean {
  return pin >= 0 && pin < 34 && (pin < 6 || pin > 11) && pin !== 20 && pin !== 24 && (pin < 28 || pin > 31);
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
