/** The pins of a chip, seen from outside. */
import type { ChipName } from "../firmware/chips";

/** A change of a pin's level. */
export interface Edge {
  readonly ms: number;
  readonly pin: number;
  readonly level: 0 | 1;
}

export interface Pins {
  readonly chip: ChipName;
  /** The chip has this pin. */
  isPin(pin: number): boolean;
  canBeOutput(pin: number): boolean;
  /** Makes the pin an output, or no output. */
  configure(pin: number, isOutput: boolean, isInput: boolean): void;
  write(pin: number, level: 0 | 1): void;
  /** What the input stage of the pin sees. */
  read(pin: number): 0 | 1;
  /** Something outside drives the pin. */
  drive(pin: number, level: 0 | 1): void;
  /** Called when an input changes. */
  onInput: (pin: number, level: 0 | 1) => void;
  /** All pins are inputs again, their latches 0. */
  reset(): void;
}

/** ESP-IDF's SOC_GPIO_VALID_GPIO_MASK and SOC_GPIO_VALID_OUTPUT_GPIO_MASK; 20 is missing on all modules with an ESP32 but the PICO-V3. */
const shapes: Record<ChipName, { readonly pins: number; readonly missing: readonly number[]; readonly outputs: number }> = {
  esp32: { pins: 40, missing: [20, 24, 28, 29, 30, 31], outputs: 34 },
  esp32s3: { pins: 49, missing: [22, 23, 24, 25], outputs: 49 },
  esp32c3: { pins: 22, missing: [], outputs: 22 },
};

export function createPins(chip: ChipName, now: () => number, edge: (edge: Edge) => void): Pins {
  const shape = shapes[chip];
  const isPin = (pin: number): boolean => Number.isInteger(pin) && pin >= 0 && pin < shape.pins && !shape.missing.includes(pin);
  const outputs = new Set<number>();
  const inputs = new Set<number>();
  const latch = new Map<number, 0 | 1>();
  const outside = new Map<number, 0 | 1>();
  const seen = new Map<number, 0 | 1>();
  const show = (pin: number): void => {
    const level = outputs.has(pin) ? (latch.get(pin) ?? 0) : 0;
    if (level === (seen.get(pin) ?? 0)) return;
    seen.set(pin, level);
    edge({ ms: now(), pin, level });
  };
  const pins: Pins = {
    chip,
    isPin,
    canBeOutput: (pin) => isPin(pin) && pin < shape.outputs,
    onInput: () => undefined,
    configure(pin, isOutput, isInput) {
      if (isOutput) outputs.add(pin);
      else outputs.delete(pin);
      if (isInput) inputs.add(pin);
      else inputs.delete(pin);
      show(pin);
    },
    // A pin that is no output keeps the level in its latch and shows nothing.
    write(pin, level) {
      latch.set(pin, level);
      show(pin);
    },
    // The input stage of a pin that is only an output is off: it reads 0, whatever is written.
    read: (pin) => (!inputs.has(pin) ? 0 : outputs.has(pin) ? (latch.get(pin) ?? 0) : (outside.get(pin) ?? 0)),
    drive(pin, level) {
      const before = pins.read(pin);
      outside.set(pin, level);
      if (pins.read(pin) !== before) pins.onInput(pin, level);
    },
    reset() {
      const lit = [...outputs];
      outputs.clear();
      inputs.clear();
      latch.clear();
      lit.forEach(show);
    },
  };
  return pins;
}
