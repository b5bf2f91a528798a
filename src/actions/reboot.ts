/** Restarts the board. */
import { succeeded } from "../failure";
import { defineAction, restart } from "./action";

export const reboot = defineAction({
  name: "reboot",
  summary: "Restart the board, and report once it is back.",
  input: {},
  budgetSeconds: 60,
  *run() {
    return restart();
  },
  *resume({ system }) {
    return succeeded({ bootReason: system.bootReason() });
  },
});
