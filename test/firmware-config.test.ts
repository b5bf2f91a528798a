/** The options that our firmware is built with: each exists in the sources that it is built from, and nothing makes it disappear. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../tools/bundle/targets";
import { chips } from "../tools/firmware/chips";
import {
  findConfigProblems,
  findDroppedSymbols,
  holds,
  kconfigSources,
  kconfigSymbols,
  readConfig,
  type Config,
} from "../tools/firmware/kconfig";

const firmware = join(root, "firmware");

function read(name: string): Config {
  return readConfig(readFileSync(join(firmware, name), "utf8"), name);
}

/** What `make firmware` adds, and what NodeMCU's own defaults say of the same symbols. */
const added = readConfig(
  'CONFIG_PARTITION_TABLE_CUSTOM=y\nCONFIG_PARTITION_TABLE_CUSTOM_FILENAME="4mb.csv"\nCONFIG_ESPTOOLPY_FLASHSIZE_4MB=y\nCONFIG_APP_PROJECT_VER="1"',
  "added",
);
const ours = new Map([...read("sdkconfig.defaults"), ...added]);
const stock = new Map([...added].filter(([name]) => name !== "CONFIG_APP_PROJECT_VER").concat([...read("stock.defaults")]));

function problemsWith(changes: Readonly<Record<string, string | undefined>>, chip = "esp32"): string[] {
  const asked = new Map(ours);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) asked.delete(`CONFIG_${name}`);
    else asked.set(`CONFIG_${name}`, value);
  }
  return findConfigProblems(asked, chip);
}

describe("the defaults", () => {
  test.each(Object.keys(chips))("name only symbols that exist and can be had on the %s", (chip) => {
    const perChip = readdirSync(firmware).includes(`sdkconfig.defaults.${chip}`) ? read(`sdkconfig.defaults.${chip}`) : new Map();
    expect(findConfigProblems(new Map([...ours, ...perChip]) as Config, chip)).toEqual([]);
  });

  test("of the stock way name only symbols that exist and can be had", () => {
    expect(findConfigProblems(stock, "esp32")).toEqual([]);
  });

  test("hold the modules that the agent uses, and switch off what else NodeMCU brings", () => {
    const used = [
      ...readFileSync(join(root, "src/platform/nodemcu/firmware.d.ts"), "utf8").matchAll(/^declare const (\w+): \w+Module\b/gm),
    ];
    const modules = [...ours].filter(([name, value]) => name.startsWith("CONFIG_NODEMCU_CMODULE_") && value === "y");
    const names = modules.map(([name]) => name.slice("CONFIG_NODEMCU_CMODULE_".length).toLowerCase());
    expect(names.sort()).toEqual(used.map(([, name]) => name).sort());
    const byDefault = Object.entries(kconfigSymbols).filter(([name, { default: value }]) => /CMODULE/.test(name) && value === "y");
    for (const [name] of byDefault) expect(ours.has(`CONFIG_${name}`), name).toBe(true);
  });

  test("were found in sources at a commit, those of our component in its own file", () => {
    for (const [name, { source, file }] of Object.entries(kconfigSymbols)) {
      if (source === "jobsfw")
        expect(readFileSync(join(firmware, "components/jobsfw", file), "utf8")).toMatch(new RegExp(`^config ${name}$`, "m"));
      else expect(kconfigSources[source]?.commit ?? source).toMatch(/^[0-9a-f]{40}$/);
      expect(file).toMatch(/Kconfig(\.\w+)?$/);
    }
  });
});

describe("a check of defaults", () => {
  test.each([
    [{ NODEMCU_CMODULE_MQTTS: "y" }, "CONFIG_NODEMCU_CMODULE_MQTTS is not a symbol that tools/firmware/kconfig-symbols.json knows"],
    [{ MQTT_USE_CUSTOM_CONFIG: undefined }, "CONFIG_MQTT_BUFFER_SIZE depends on MQTT_USE_CUSTOM_CONFIG, which does not hold"],
    [{ NODEMCU_EMBED_LFS: "n" }, "CONFIG_NODEMCU_EMBEDDED_LFS_SIZE depends on NODEMCU_EMBED_LFS, which does not hold"],
    [{ PARTITION_TABLE_CUSTOM: "n" }, "CONFIG_PARTITION_TABLE_CUSTOM_FILENAME depends on PARTITION_TABLE_CUSTOM, which does not hold"],
    [{ ESP_TASK_WDT_INIT: "n" }, "CONFIG_ESP_TASK_WDT_PANIC depends on ESP_TASK_WDT_INIT, which does not hold"],
    [{ NODEMCU_EMBEDDED_LFS_SIZE: "131072" }, "CONFIG_NODEMCU_EMBEDDED_LFS_SIZE=131072 is no hex"],
    [{ LUA_NUMBER_DOUBLE: "yes" }, "CONFIG_LUA_NUMBER_DOUBLE=yes is no bool"],
    [{ ESPTOOLPY_FLASHSIZE_8MB: "y" }, "only one of CONFIG_ESPTOOLPY_FLASHSIZE_4MB, CONFIG_ESPTOOLPY_FLASHSIZE_8MB can be y"],
  ])("finds %j", (changes, problem) => {
    expect(problemsWith(changes)).toContain(problem);
  });

  test("knows that a symbol of another chip is not there", () => {
    const known = { CAN: { type: "bool", source: "esp-idf", file: "Kconfig", depends: "IDF_TARGET_ESP32" } } as const;
    expect(findConfigProblems(new Map([["CONFIG_CAN", "y"]]), "esp32", known)).toEqual([]);
    expect(findConfigProblems(new Map([["CONFIG_CAN", "y"]]), "esp32c3", known)).toEqual([
      "CONFIG_CAN depends on IDF_TARGET_ESP32, which does not hold",
    ]);
  });

  test("follows dependencies of dependencies, selections and rivals in a choice", () => {
    const base = { type: "bool", source: "esp-idf", file: "Kconfig" } as const;
    const known = {
      A: { ...base, depends: "B && !C" },
      B: { ...base, default: "y", depends: "D" },
      C: base,
      D: base,
      E: { ...base, select: ["D"] },
      ONE: { ...base, choice: "NUMBER", default: "y" },
      TWO: { ...base, choice: "NUMBER" },
      F: { ...base, depends: "ONE" },
    };
    const problems = (...names: string[]): number =>
      findConfigProblems(new Map(names.map((name) => [`CONFIG_${name}`, "y"])), "esp32", known).length;
    expect([problems("A"), problems("A", "E"), problems("A", "E", "C"), problems("F"), problems("F", "TWO")]).toEqual([1, 0, 1, 0, 1]);
  });

  test("reads expressions as Kconfig does", () => {
    const isSet = (name: string): boolean => name === "A" || name === "B";
    for (const [expression, value] of [
      ["A && B", true],
      ["A && C", false],
      ["C || A && B", true],
      ["!C && !(A && C)", true],
      ["!(A || C)", false],
      ["C && B || A", true],
    ] as const)
      expect(holds(expression, isSet), expression).toBe(value);
  });

  test("refuses lines that are no defaults", () => {
    expect(() => readConfig("CONFIG_A=y\nA=y\n", "ours")).toThrow("ours, line 2: neither a comment nor CONFIG_NAME=VALUE");
  });
});

test("a resulting sdkconfig is compared symbol by symbol, by value", () => {
  const asked = readConfig(
    'CONFIG_A=y\nCONFIG_B=n\nCONFIG_C=0x20000\nCONFIG_D="t"\nCONFIG_E=4096\nCONFIG_F=n\nCONFIG_G=y\nCONFIG_H=n',
    "asked",
  );
  const result = readConfig(
    'CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=0x020000\nCONFIG_D="t"\nCONFIG_E=1024\n# CONFIG_G is not set\nCONFIG_H=y',
    "result",
  );
  expect(findDroppedSymbols(asked, result)).toEqual([
    "CONFIG_E is 1024 instead of 4096",
    "CONFIG_G is n instead of y",
    "CONFIG_H is y instead of n",
  ]);
  expect(findDroppedSymbols(asked, new Map())).toHaveLength(5);
});
