/** Tells what this device is. */
import { succeeded, type Details } from "../failure";
import { text } from "../portable/integers";
import { defineAction } from "./action";

export const describe = defineAction({
  name: "describe",
  summary: "Report what this device is: firmware, slot, memory, uptime, actions.",
  input: {},
  budgetSeconds: 10,
  inSafeMode: true,
  *run({ actionNames, clock, firmware, safeMode, system }) {
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
    const safe = safeMode();
    if (safe !== undefined) details["safeMode"] = safe;
    if (system.limits.length > 0) details["limits"] = system.limits.join("; ");
    return succeeded(details satisfies Details);
  },
});
