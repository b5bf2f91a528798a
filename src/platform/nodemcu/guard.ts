/**
 * The timer that restarts the board unless it is called off. init.lua arms it before anything else. With our component it is one of the chip, which fires
 * also while Lua is busy or blocked; stock firmware has only Lua's own. A restart ends a trial: the boot loader then takes the firmware before.
 */

// Not there when the agent was started by hand.
const timer = jobsfw === undefined ? (bootGuard ?? tmr.create()) : undefined;
let isSettled = false;

/** Restarts the board after `delayMs`, at most 6,870,947, instead of when it was to; 0: not at all. After a call that is `final` nothing changes it any more. */
export function restartAfter(delayMs: number, final?: true): void {
  if (isSettled) return;
  if (jobsfw !== undefined) jobsfw.watchdog(delayMs);
  if (timer !== undefined) {
    timer.unregister();
    if (delayMs > 0) timer.alarm(delayMs, tmr.ALARM_SINGLE, () => node.restart());
  }
  // At last: a timer that does not start, for want of memory, raises, and is tried again.
  isSettled = final === true;
}
