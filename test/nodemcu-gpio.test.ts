/** Which pins the agent drives on which chip: never one that holds the flash that it runs from. */
import { afterAll, describe, expect, test } from "vitest";
import { boardWith, compileForBoard } from "./surroundings/board-program";

const program = compileForBoard(`
  import { nodemcuGpio } from "nodemcu/gpio";
  let taken = "";
  for (let pin = -1; pin <= 50; pin++) if (nodemcuGpio.canWrite(pin) && nodemcuGpio.write(pin, 1)) taken += " " + tostring(pin);
  print("takes" + taken);
`);

/** From and to, both included. */
function run(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

describe("an output", () => {
  const ended: (() => void)[] = [];
  afterAll(() => ended.forEach((end) => end()));

  // ESP-IDF v5.1.3, docs/en/api-reference/peripherals/gpio/*.inc: 11 of the ESP32-C3 is the supply of its flash.
  test.each([
    ["esp32", [...run(0, 5), ...run(12, 19), ...run(21, 23), ...run(25, 27), 32, 33]],
    ["esp32s3", [...run(0, 21), ...run(33, 48)]],
    ["esp32c3", [...run(0, 10), ...run(18, 21)]],
  ] as const)("of the %s is driven; the flash's and missing pins are not", async (chip, pins) => {
    const { board, lines, until } = boardWith(program, { chip });
    ended.push(() => board.powerOff());
    board.powerOn();
    await until(() => lines.length > 0, "its pins");
    expect(lines).toEqual([`takes ${pins.join(" ")}`]);
    expect(
      board
        .pins()
        .map(({ pin }) => pin)
        .sort((a, b) => a - b),
    ).toEqual(pins);
  });
});
