/** Safe mode: firmware that crashes again and again does as little as it can, so that it stays up for long enough to be replaced. */
import type { Device } from "./ports";
import { text } from "./portable/integers";

const crashesBefore = 3;
/** An update comes in within this time: firmware that lives so long needs no safe mode to be replaced. */
const calmMs = 600000;

/** Enters safe mode where it is time to, and leaves it when there was no crash for long enough. The result tells why the device is in it, undefined when it is not. */
export function startSafeMode({ clock, system }: Device, actionNames: readonly string[]): () => string | undefined {
  const crashes = system.crashes();
  let why: string | undefined;
  if (crashes >= crashesBefore) {
    why = `after ${text(crashes)} crashes in a row`;
    system.log(`safe mode ${why}: only jobs for ${actionNames.join(", ")}, until 10 minutes have passed without a crash`);
  }
  if (crashes > 0) {
    clock.after(calmMs, () => {
      system.forgetCrashes();
      if (why !== undefined) system.log("safe mode is over");
      why = undefined;
    });
  }
  return () => why;
}
