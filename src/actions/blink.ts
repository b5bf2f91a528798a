/** Blinks an LED. */
import { failed, succeeded } from "../failure";
import { text } from "../portable/integers";
import { sleep } from "../portable/task";
import { defineAction } from "./action";

export const blink = defineAction({
  name: "blink",
  summary: "Blink an LED, so that a person can tell which board this is.",
  input: {
    pin: { kind: "integer", min: 0, max: 48, default: 2, about: "GPIO of the LED; 2 is the LED of most ESP32 development boards" },
    count: { kind: "integer", min: 1, max: 100, default: 3, about: "How many times it lights up" },
    onTime: { kind: "integer", min: 10, max: 10000, default: 250, unit: "ms", about: "How long it is on" },
    offTime: { kind: "integer", min: 10, max: 10000, default: 250, unit: "ms", about: "How long it is off afterwards" },
  },
  budgetSeconds: 2100, // 100 times 10 s on and 10 s off, and some.
  check({ gpio }, { pin }) {
    return gpio.canWrite(pin) ? undefined : failed("INPUT_INVALID", `"pin" ${text(pin)} cannot be an output on this chip`);
  },
  *run({ clock, gpio }, { pin, count, onTime, offTime }) {
    for (let n = 0; n < count; n++) {
      if (!gpio.write(pin, 1)) return failed("UNSUPPORTED", `pin ${text(pin)} could not be driven`);
      yield* sleep(clock, onTime);
      gpio.write(pin, 0);
      yield* sleep(clock, offTime);
    }
    return succeeded({ blinks: text(count) });
  },
  stop({ gpio }, { pin }) {
    gpio.write(pin, 0);
  },
});
