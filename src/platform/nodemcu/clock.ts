/** Time from FreeRTOS timers and the chip's microsecond counter. */
import { quotient } from "../../portable/integers";
import type { Clock } from "../../ports";

const longestMs = 6870940;
/** Any time before this is the clock's own start, not one that NTP brought. */
const learntEpoch = 1600000000;

// A timer that has run out posts its own address; if the object were collected before that message is read, the firmware would
// look into freed memory (tmr.c, alarm_timer_task). So cancelled timers are kept for a while.
const cancelled: FirmwareTimer[] = [];
let oldest = 0;

/** Never throws, except when there is no memory for a timer. */
export const nodemcuClock: Clock = {
  after(delayMs, fire) {
    // A tick has 10 ms; less than one tick is an assertion failure in FreeRTOS, that is, a reset.
    const ms = quotient(delayMs + 9, 10) * 10;
    const timer = tmr.create();
    timer.alarm(ms < 10 ? 10 : ms > longestMs ? longestMs : ms, tmr.ALARM_SINGLE, () => fire());
    return () => {
      timer.unregister();
      cancelled[oldest] = timer;
      oldest = oldest < 7 ? oldest + 1 : 0;
    };
  },
  // A float32 on stock builds: its steps grow to a second after half a year, but it never goes back.
  seconds: () => Math.floor(node.uptime() * 0.000001),
  epochSeconds() {
    const [seconds] = time.get();
    return seconds > learntEpoch ? seconds : undefined;
  },
};
