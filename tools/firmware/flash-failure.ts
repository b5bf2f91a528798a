/** esptool-js's errors as sentences that say what to do. */
import { FirmwareProblem } from "./problem";

export interface FlashMoment {
  readonly path: string;
  /** The piece that was under way. */
  readonly doing: string;
  readonly hasWritten: boolean;
  readonly baudRate: number;
}

/** Says why a board was not flashed; what is a sentence already stays as it is. */
export function whyNotWritten(error: unknown, { path, doing, hasWritten, baudRate }: FlashMoment): Error {
  if (error instanceof FirmwareProblem) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (/MD5 of file does not match/.test(text))
    return new FirmwareProblem(
      `the flash does not hold what was written for ${doing} (MD5 differs): flash again; if it stays so, the flash chip is worn out`,
    );
  if (/Failed to connect/.test(text))
    return new FirmwareProblem(
      `the board at ${path} does not answer: hold its BOOT button, press EN (or RST), and flash again; a cable without data lines looks the same`,
    );
  if (/Unexpected (CHIP magic|chip ID)/i.test(text)) return new FirmwareProblem(`the chip at ${path} is unknown: ${text}`);
  if (!hasWritten) return new FirmwareProblem(`the board at ${path} stopped answering before anything was written (${text}): flash again`);
  const slower = baudRate > 115200 ? ", with --baud 115200" : "";
  return new FirmwareProblem(
    `writing ${doing} failed (${text.replace(/\s+/g, " ")}): flash again${slower}; the board does not start until that has worked`,
  );
}
