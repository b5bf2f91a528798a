/** A pseudo-terminal with a simulated board at its other end: a port of this computer that the real driver opens. It has no DTR and RTS. */
import { spawn } from "node:child_process";
import type { SerialBoard } from "../../tools/virtual-esp32/serial/board";

export interface PseudoTerminal {
  /** Such as /dev/pts/3. */
  readonly path: string;
  /** What the program on this side of the cable does. */
  send(bytes: Uint8Array | string): void;
  onData(take: (bytes: Buffer) => void): void;
  /** The port vanishes, as when a cable is pulled. */
  close(): void;
}

/** Opens a pseudo-terminal; `script` of util-linux is the program that every Linux has for it. */
export function openPseudoTerminal(): Promise<PseudoTerminal> {
  // Its own session: the terminal's end hangs up whatever has it open.
  const child = spawn("script", ["-qfec", "stty raw -echo; tty; exec sleep 1000000", "/dev/null"], { stdio: ["pipe", "pipe", "ignore"] });
  let take: (bytes: Buffer) => void = () => undefined;
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => reject(new Error("script has ended")));
    child.stdout.once("data", (name: Buffer) => {
      child.stdout.on("data", (bytes: Buffer) => take(bytes));
      resolve({
        path: name.toString().trim(),
        send: (bytes) => void child.stdin.write(bytes),
        onData: (taker) => (take = taker),
        close: () => void child.kill("SIGTERM"),
      });
    });
  });
}

/** Puts a board at the other end. The wire has no rate: what is sent is understood. */
export function attach(terminal: PseudoTerminal, board: SerialBoard): void {
  board.connect((bytes) => terminal.send(bytes), terminal.close);
  terminal.onData((bytes) => {
    board.setHostBaudRate(board.baudRate);
    board.take(bytes, board.baudRate);
  });
}
