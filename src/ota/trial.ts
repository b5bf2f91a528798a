/** New firmware is on trial: it stays when it reaches the service in time, and makes room for the previous one when it does not. */
import { text } from "../portable/integers";
import type { Device } from "../ports";

/** Starts the trial, if there is one. Call the result when the service has answered. */
export function startTrial({ clock, firmware, system }: Device, trialSeconds: number): () => void {
  const info = firmware.info();
  if (info.state !== "trial") return () => undefined;
  system.log(`firmware ${info.version} is on trial for ${text(trialSeconds)} s`);
  const cancel = clock.after(trialSeconds * 1000, () => {
    system.log("the service was not reached in time: back to the previous firmware");
    const refusal = firmware.rollback();
    if (refusal === undefined) return;
    // Without an accepted image to go back to the only hope is that a restart helps; the boot loader then decides.
    system.log(`rollback refused: ${refusal}`);
    system.restart();
  });
  return () => {
    cancel();
    const refusal = firmware.accept();
    system.log(refusal === undefined ? `firmware ${info.version} is accepted` : `firmware could not be accepted: ${refusal}`);
  };
}
