/** The pins of an ESP32, seen from outside. */

/** A change of a pin's level. */
export interface Edge {
  readonly ms: number;
  readonly pin: number;
  readonly level: 0 | 1;
}

export interface Pins {
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

/** Pins that the ESP32 has: 20, 24 and 28 to 31 are missing. */
export function isPin(pin: number): boolean {
  return Number.isInteger(pin) && pin >= 0 && pin <= 39 && ![20, 24, 28, 29, 30, 31].includes(pin);
}

/** 34 to 39 are inputs only. */
export function canBeOutput(pin: number): boolean {
  return isPin(pin) && pin < 34;
}

export function createPins(now: () => number, edge: (edge: Edge) => void): Pins {
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
