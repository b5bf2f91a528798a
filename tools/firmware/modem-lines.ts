/**
 * DTR and RTS where serialport cannot set them. Whenever it does, it clears a break first, and takes a refusal of that for the end: Linux
 * refuses it for CDC-ACM ports without breaks, such as the USB ports in ESP32-S3 and ESP32-C3 (serialport/node-serialport#2777,
 * bindings-cpp#229). Node has no ioctl; Perl or Python, one of which nearly every Linux has, makes the call on the open port.
 */
import { spawn } from "node:child_process";
import type { ControlLines, OpenSerialPort } from "./serial-binding";

/** asm-generic/ioctls.h and termios.h: the same on x86, ARM and RISC-V. */
const setLines = 0x5418; // TIOCMSET
const bits = { dtr: 0x002, rts: 0x004 } as const;

/** The port is the program's file 3, the levels are its argument. As one of the first three, libuv would make reading from it block, here too. */
const programs: readonly (readonly [string, ...string[]])[] = [
  ["perl", "-e", `open(my $port, "+<&=", 3) and ioctl($port, ${setLines}, pack("i", shift)) or die`],
  ["python3", "-c", `import fcntl, struct, sys; fcntl.ioctl(3, ${setLines}, struct.pack("i", int(sys.argv[1])))`],
];

/** True when the program made the call. */
function succeeds([program, ...words]: (typeof programs)[number], fd: number, levels: number): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, [...words, `${levels}`], { stdio: ["ignore", "ignore", "ignore", fd] });
    child.once("error", () => resolve(false));
    child.once("close", (code) => resolve(code === 0));
  });
}

/** The error is the one of TIOCCBRK: EOPNOTSUPP, or EPIPE where an older Linux asked the device, which refused. */
export function isWithoutBreaks(error: unknown): boolean {
  return error instanceof Error && /(operation not supported|broken pipe), cannot set/i.test(error.message);
}

/** The same port, whose `set` does without breaks where it must. Rejects with serialport's own error when that does not help either. */
export function withModemLines(port: OpenSerialPort & { readonly fd?: number | null }): OpenSerialPort {
  const set = port.set.bind(port);
  let isNeeded = false;

  async function setWithoutBreaks(lines: ControlLines): Promise<boolean> {
    const { fd } = port;
    if (typeof fd !== "number") return false;
    const levels = (lines.dtr === true ? bits.dtr : 0) | (lines.rts === true ? bits.rts : 0);
    for (const program of programs) if (await succeeds(program, fd, levels)) return true;
    return false;
  }

  port.set = async (lines) => {
    if (isNeeded && (await setWithoutBreaks(lines))) return;
    try {
      await set(lines);
    } catch (error) {
      if (!isWithoutBreaks(error) || isNeeded) throw error;
      isNeeded = await setWithoutBreaks(lines);
      if (!isNeeded) throw error;
    }
  };
  return port;
}
