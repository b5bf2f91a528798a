/** Job documents that show what an action takes. A test has each of them judged by the action itself. */
import type { Action } from "../../src/actions/action";

/** Documents that say more than the fields' own defaults and smallest values would. */
const written: Readonly<Record<string, object>> = {
  blink: { count: 3, onTime: 250, offTime: 500 },
  ota: {
    url: "https://firmware.example.com/lamp-2.0.0.bin",
    version: "2.0.0",
    sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    size: 1258288,
  },
};

/** A document for an action. */
export function sampleDocument({ name, input }: Action): object {
  return { action: name, ...(written[name] ?? smallest(input)) };
}

function smallest(input: Action["input"]): object {
  const sample: Record<string, number | string> = {};
  for (const [field, declared] of Object.entries(input)) {
    if (declared.kind === "integer") sample[field] = declared.default ?? declared.min;
    if (declared.kind === "text") sample[field] = declared.default ?? (declared.of ?? "x").charAt(0).repeat(declared.min);
  }
  return sample;
}
