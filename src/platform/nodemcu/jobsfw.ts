/** NodeMCU with our component: identity and records in NVS, whole MQTT names and requests. What it does by itself needs no word here. */
import { quotient } from "../../portable/integers";
import type { Records } from "../../ports";
import type { Abilities } from "./abilities";
import { readFile } from "./files";
import { nodemcuRecords as files } from "./records";

/** NVS namespaces. What `provision` writes is in the first. */
const identityNamespace = "identity";
const recordNamespace = "records";

/** As esp_reset_reason says, in the words of `System.bootReason`. */
const reasons: Record<string, string> = {
  poweron: "power",
  brownout: "power",
  software: "restart",
  panic: "crash",
  int_wdt: "watchdog",
  task_wdt: "watchdog",
  wdt: "watchdog",
};

// An NVS record is whole by itself. One that stock firmware left in a file is moved here: first copied, then removed, so that a power cut
// between the two leaves both, of which the one in NVS counts.
function recordsIn(firmware: JobsfwModule): Records {
  // A name too long for NVS is an error of Lua.
  const load = (name: string): string | undefined => (name.length > 15 ? undefined : firmware.get(recordNamespace, name));
  const store = (name: string, text: string): boolean => firmware.set(recordNamespace, name, text) === true;
  return {
    read(name) {
      const old = files.read(name);
      if (old === undefined) return load(name);
      if (load(name) === undefined && !store(name, old)) return old;
      file.remove(`${name}.record.new`);
      file.remove(`${name}.record`);
      return load(name);
    },
    write: (name, text) => name.length <= 15 && text.length <= 4000 && store(name, text),
  };
}

/** `onTrial`: another firmware may run after the next restart. */
export function jobsfwAbilities(firmware: JobsfwModule, onTrial: boolean): Abilities {
  let dropped = 0;
  return {
    // The firmware before may be a stock one, which needs its records when the trial fails: they are moved at the first boot after it.
    records: onTrial && files.read("journal") !== undefined ? files : recordsIn(firmware),
    // As much less than a line as on stock firmware.
    maxUrlBytes: firmware.MAX_LINE - 47,
    limit: undefined,
    // A board that came here from stock firmware by an update has its identity in files.
    identity: (name) => firmware.get(identityNamespace, name) ?? readFile(name),
    help: (name) =>
      `On your computer: npx esp32-jobs provision THING --nvs THING.nvs.bin, then make flash PORT=... IDENTITY=THING.nvs.bin
Or here: jobsfw.set("${identityNamespace}", "${name}", [[...]]), at last node.restart()`,
    refuse(settings) {
      firmware.mqtt({ clientid: settings.thingName });
      return undefined;
    },
    hasDropped() {
      const before = dropped;
      dropped = firmware.mqttinfo().dropped;
      return dropped > before;
    },
    bootReason: () => reasons[firmware.reason()] ?? "unknown",
    random(below) {
      const [a, b, c] = string.byte(firmware.random(3), 1, 3);
      const drawn = (a as number) * 65536 + (b as number) * 256 + (c as number);
      return drawn - quotient(drawn, below) * below;
    },
  };
}
