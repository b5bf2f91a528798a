import { equal } from "../spec/spec";
import { atOnce, type Contract } from "./contract";

/** What the pins owe: both platforms are an ESP32, the chip with pins 0 to 39. */
export const gpioContracts: readonly Contract[] = [
  atOnce("an output is driven, again and again", ({ gpio }) => {
    for (const pin of [2, 0, 4, 33]) {
      equal(gpio.canWrite(pin), true);
      equal([gpio.write(pin, 1), gpio.write(pin, 1), gpio.write(pin, 0)], [true, true, true]);
    }
  }),
  atOnce("pins that only read are refused", ({ gpio }) => {
    for (const pin of [34, 35, 36, 37, 38, 39]) equal([gpio.canWrite(pin), gpio.write(pin, 1)], [false, false]);
  }),
  atOnce("pins that do not exist are refused", ({ gpio }) => {
    for (const pin of [-1, 24, 28, 29, 30, 31, 40, 100]) equal([gpio.canWrite(pin), gpio.write(pin, 0)], [false, false]);
  }),
  atOnce("the pins of the flash chip are refused: driving them stops the program", ({ gpio }) => {
    for (const pin of [6, 7, 8, 9, 10, 11]) equal([gpio.canWrite(pin), gpio.write(pin, 0)], [false, false]);
  }),
];
