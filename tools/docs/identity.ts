/** The table of what a board's identity is made of, from the list that the tools use. */
import { identityKeys } from "../firmware/identity-keys";
import { markdownTable } from "./sections";

const needs = { always: "yes", forTls: 'unless the settings say `"tls": false`', never: "no" } as const;

/** Name, contents, and whether a board needs it. */
export function identityTable(): string {
  return markdownTable(
    ["NVS key and file", "holds", "needed"],
    identityKeys.map(({ name, holds, needed }) => [`\`${name}\``, holds, needs[needed]]),
  );
}
