/** Every spec in Lua as it is compiled from C: with the numbers of our firmware, and with those of stock NodeMCU. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { specBundle } from "../tools/bundle/targets";
import { luaMachines } from "../tools/native-lua/machines";
import { testsFromLua } from "./lua/results";

const machines = luaMachines();

for (const machine of machines) {
  if (machine.missing !== undefined) continue; // the summary says so in one line
  testsFromLua(machine.name, specBundle, () => execFileSync(machine.lua, [specBundle.luaFile], { encoding: "utf8" }).trimEnd().split("\n"));
}

test("a machine that is missing is missing on a developer's computer only", () => {
  const missing = machines.flatMap((machine) => machine.missing ?? []);
  expect(process.env["CI"] === undefined ? [] : missing).toEqual([]);
});
