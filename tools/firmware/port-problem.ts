/** What a serial port's errors mean to a person. The texts are strerror's, as serialport hands them on (bindings-cpp, serialport_unix.cpp), or Windows' own. */
import { FirmwareProblem } from "./problem";

const meanings: readonly { readonly pattern: RegExp; readonly meaning: (path: string) => string }[] = [
  {
    pattern: /no such file|file not found|no such device/i,
    meaning: (path) => `there is no port ${path}: is the board plugged in? \`esp32-jobs flash\` without --port lists the ports there are`,
  },
  {
    pattern: /permission denied|operation not permitted/i,
    meaning: (path) =>
      `you may not open ${path}: on Linux the port belongs to a group, mostly dialout: sudo usermod -aG dialout $USER, then log out and in again`,
  },
  {
    pattern: /cannot lock port|resource busy|access denied/i,
    meaning: (path) => `another program holds ${path}: close the monitor, IDE or terminal that uses it`,
  },
  {
    pattern: /inappropriate ioctl|not a tty|not a typewriter/i,
    meaning: (path) => `${path} is not a serial port`,
  },
];

/** One sentence for an error that opening a port gave. */
export function portProblem(path: string, error: unknown): FirmwareProblem {
  const text = error instanceof Error ? error.message : String(error);
  const known = meanings.find(({ pattern }) => pattern.test(text));
  return new FirmwareProblem(known?.meaning(path) ?? `${path} cannot be opened: ${text}`);
}
