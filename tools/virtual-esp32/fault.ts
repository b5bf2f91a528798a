/** What ends a run of the chip. Thrown through Lua: no `pcall` stops it, as none stops a reset. */

/**
 * - `restart`: esp_restart, asked for by software.
 * - `panic`: a Lua error outside every pcall, which the firmware counts (lpanic.c).
 * - `crash`: abort, a failed assertion, an exception of the CPU or a stack that overflowed.
 * - `watchdog`: Lua computed for 5 s without letting the idle task run.
 * - `power`: the supply failed during a flash write.
 * - `hang`: Lua waits for something that never comes; nothing but the power switch helps.
 */
export type FaultKind = "restart" | "panic" | "crash" | "watchdog" | "power" | "hang";

export class Fault extends Error {
  constructor(
    readonly kind: FaultKind,
    message: string,
  ) {
    super(message);
    this.name = "Fault";
  }
}
