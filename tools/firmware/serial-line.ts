/** A serial port as this project uses it: a stream, two control lines, and one sentence when it cannot be opened. */
import { SerialPortStream } from "@serialport/stream";
import { isWithoutBreaks } from "./modem-lines";
import { portProblem } from "./port-problem";
import type { ControlLines, SerialBinding } from "./serial-binding";

export interface SerialLine {
  readonly stream: SerialPortStream;
  /** Sets DTR and RTS; a line that is not named keeps its level. False where they cannot be set: pseudo-terminals have none. */
  setLines(lines: ControlLines): Promise<boolean>;
  setBaudRate(baudRate: number): Promise<void>;
  /** Ends it; resolves when it is closed, also when it was already. */
  close(): Promise<void>;
}

/** Opens a port; rejects with one sentence. */
export async function openSerialLine(binding: SerialBinding, path: string, baudRate: number): Promise<SerialLine> {
  // Lowering DTR and RTS when the port is closed (hupcl) would reset many boards.
  const stream = new SerialPortStream({ binding, path, baudRate, autoOpen: false, hupcl: false });
  await new Promise<void>((resolve, reject) => {
    stream.open((error) => (error ? reject(portProblem(path, error)) : resolve()));
  });
  // Ports are opened with both lines asserted, which keeps a board running.
  const levels = { dtr: true, rts: true };
  return {
    stream,
    setLines(lines) {
      // Each call sets every line: what is not given takes a default.
      Object.assign(levels, lines);
      return new Promise((resolve, reject) => {
        stream.set({ ...levels }, (error) => {
          if (!error) resolve(true);
          else if (isWithoutBreaks(error) || /inappropriate ioctl|invalid argument/i.test(error.message)) resolve(false);
          else reject(error);
        });
      });
    },
    setBaudRate: (rate) =>
      new Promise((resolve, reject) => stream.update({ baudRate: rate }, (error) => (error ? reject(error) : resolve()))),
    close: () => new Promise((resolve) => (stream.isOpen ? stream.close(() => resolve()) : resolve())),
  };
}
