/**
 * Crashes in a row, in a word of RTC memory (module rtcmem). A reset leaves it alone and power-off does not, it belongs to one firmware, and
 * unlike flash it does not wear: so each boot can leave a mark, and take it away once it is up.
 *
 *   word = 64 * (24 bits of what firmware this is) + 2 * count + mark
 *
 * After power-on it holds anything, and looks like ours once in 2^26 times.
 */
import { quotient } from "../../portable/integers";
import { nodemcuHashes } from "./hashes";

/** The last one: whoever else uses such memory begins with the first. */
const index = 127;
const most = 31;

let key = 0;
let count = 0;

function write(mark: 0 | 1): void {
  if (rtcmem !== undefined) rtcmem.write32(index, key + 2 * count + mark);
}

/** Takes note of this boot, and marks it as one that has not come up. `reason` is that of `System.bootReason`. */
export function countCrashes(firmware: string, reason: string): void {
  if (rtcmem === undefined) return;
  const hash = nodemcuHashes.start("md5");
  hash.update(firmware);
  key = (tonumber(string.sub(hash.hex(), 1, 6), 16) ?? 0) * 64;
  const kept = rtcmem.read32(index) - key;
  if (kept >= 0 && kept < 64 && reason !== "power") {
    count = quotient(kept, 2);
    const wasMarked = kept > 2 * count;
    if (count < most && (reason === "crash" || reason === "watchdog" || (reason === "restart" && wasMarked))) count++;
  }
  write(1);
}

/** Whether a restart from now on is a crash: true until the board is up, and again after an error that nobody caught. */
export function markCrash(isOne: boolean): void {
  write(isOne ? 1 : 0);
}

export function crashes(): number {
  return count;
}

export function forgetCrashes(): void {
  count = 0;
  write(0);
}
