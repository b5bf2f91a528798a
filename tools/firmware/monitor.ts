/** Stays connected to a board's console: through resets, and through a cable that is pulled and plugged in again. */
import type { TimeSource } from "../time";
import { portProblem } from "./port-problem";
import type { SerialBinding } from "./serial-binding";
import { openSerialLine, type SerialLine } from "./serial-line";

export interface MonitorOptions {
  readonly binding: SerialBinding;
  readonly path: string;
  readonly baudRate: number;
  readonly time: TimeSource;
  /** Resets the board at the start, so that its boot is seen from the first line. */
  readonly resets?: boolean;
  readonly hear: (bytes: Buffer) => void;
  /** The port vanished, or is back. */
  readonly changed: (isThere: boolean) => void;
}

export interface Monitor {
  /** Passes on what a person types; false while the port is not there. */
  type(bytes: Uint8Array): boolean;
  stop(): Promise<void>;
}

const retryMs = 500;
/** RTS holds EN low for so long. */
const resetMs = 100;

/** Opens the port and listens until `stop`; rejects with one sentence when the port cannot be opened at first. */
export async function startMonitor(options: MonitorOptions): Promise<Monitor> {
  const { binding, path, baudRate, time } = options;
  let line: SerialLine | undefined;
  let isStopped = false;
  let cancel: () => void = () => undefined;

  async function open(): Promise<void> {
    const opened = await openSerialLine(binding, path, baudRate);
    if (isStopped) return opened.close();
    line = opened;
    opened.stream.on("data", options.hear);
    opened.stream.on("error", () => undefined);
    opened.stream.once("close", () => {
      if (line !== opened) return;
      line = undefined;
      options.changed(false);
      retry();
    });
    // Opening a port asserts both lines; let go of, a press of EN starts the firmware, whatever DTR did.
    try {
      await opened.setLines({ dtr: false, rts: false });
    } catch (error) {
      // It vanished again at once: nobody else could open it while this holds it.
      line = undefined;
      await opened.close();
      throw portProblem(path, error);
    }
  }

  function retry(): void {
    cancel = time.after(retryMs, () => {
      open().then(
        () => (isStopped ? undefined : options.changed(true)),
        () => (isStopped ? undefined : retry()),
      );
    });
  }

  await open();
  if (options.resets === true) {
    await line?.setLines({ dtr: false, rts: true });
    await new Promise<void>((resolve) => void time.after(resetMs, resolve));
    await line?.setLines({ dtr: false, rts: false });
  }
  return {
    type: (bytes) => (line === undefined ? false : (line.stream.write(Buffer.from(bytes)), true)),
    async stop() {
      isStopped = true;
      cancel();
      const closing = line;
      line = undefined;
      await closing?.close();
    },
  };
}
