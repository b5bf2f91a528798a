/** Switches an output on for a while. */
import { failed, succeeded } from "../../src/failure";
import { text } from "../../src/portable/integers";
import { sleep } from "../../src/portable/task";
import { defineAction } from "../../src/actions/action";

export const pulse = defineAction({
  name: "pulse",
  summary: "Switch an output on for a while, such as the relay of a door opener.",
  input: {
    pin: { kind: "integer", min: 0, max: 33, about: "GPIO of the output" },
    onTime: { kind: "integer", min: 10, max: 60000, default: 500, unit: "ms", about: "How long it is on" },
  },
  budgetSeconds: 70,
  check({ gpio }, { pin }) {
    return gpio.canWrite(pin) ? undefined : failed("INPUT_INVALID", `"pin" ${text(pin)} cannot be an output on this chip`);
  },
  *run({ clock, gpio }, { pin, onTime }) {
    gpio.write(pin, 1);
    yield* sleep(clock, onTime);
    gpio.write(pin, 0);
    return succeeded({ onTime: text(onTime) });
  },
  stop({ gpio }, { pin }) {
    gpio.write(pin, 0); // It was cut short: timed out, cancelled, or it threw.
  },
});
