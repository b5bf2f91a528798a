/** Tells what this device is. */
import { succeeded, type Details } from "../failure";
import { text } from "../portable/integers";
import { defineAction } from "./action";

export const describe = defineAction({
  name: "describe",
  summary: "Report what this device is: firmware, slot, memory, uptime, actions.",
  input: {},
  budgetSeconds: 10,
  *run({ actionNames, clock, firmware, system }) {
    const running = firmware.info();
    const details: Record<string, string> = {
      version: running.version,
      slot: running.slot,
      state: running.state,
      freeBytes: text(system.freeBytes()),
      uptimeSeconds: text(clock.seconds()),
      bootReason: system.bootReason(),
      actions: actionNames.join(" "),
    };
    if (system.limits.length > 0) details["limits"] = system.limits.join("; ");
    return succeeded(details satisfies Details);
  },
});
