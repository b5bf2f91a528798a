/** A simulated board as a port of this computer: what serialport's own stream opens, reads and writes. */
import type { OpenSerialPort, SerialBinding, SerialOpenOptions } from "../../firmware/serial-binding";
import type { SerialBoard } from "./board";

export interface SimulatedPort {
  readonly path: string;
  readonly board: SerialBoard;
  /** The driver does not know rates above this one. */
  readonly maxBaudRate?: number;
  /** The error that opening it gives, as serialport words it. */
  readonly openError?: () => string | undefined;
  readonly vendorId?: string;
  readonly productId?: string;
}

/** An operation that ended because the port was closed, by serialport's convention. */
function canceled(): Error {
  return Object.assign(new Error("Canceled"), { canceled: true });
}

function openPort({ board, maxBaudRate }: SimulatedPort, options: SerialOpenOptions): OpenSerialPort {
  let pending = Buffer.alloc(0);
  let waiting: { readonly take: () => void; readonly refuse: (why: Error) => void } | undefined;
  let baudRate = options.baudRate;
  let isGone = false;

  function wake(): void {
    const { take } = waiting ?? {};
    waiting = undefined;
    take?.();
  }

  board.setHostBaudRate(baudRate);
  board.connect(
    (bytes) => {
      pending = Buffer.concat([pending, bytes]);
      wake();
    },
    () => {
      isGone = true;
      waiting?.refuse(new Error("Input/output error"));
      waiting = undefined;
    },
  );

  const port: OpenSerialPort = {
    openOptions: options,
    isOpen: true,
    async close() {
      port.isOpen = false;
      board.connect(
        () => undefined,
        () => undefined,
      );
      waiting?.refuse(canceled());
      waiting = undefined;
    },
    async read(buffer, offset, length) {
      if (isGone) throw new Error("Input/output error");
      if (pending.length === 0) await new Promise<void>((take, refuse) => (waiting = { take, refuse }));
      const bytesRead = pending.copy(buffer, offset, 0, length);
      pending = pending.subarray(bytesRead);
      return { buffer, bytesRead };
    },
    async write(bytes) {
      if (isGone) throw new Error("Input/output error");
      board.take(Buffer.from(bytes), baudRate);
    },
    async update({ baudRate: wanted }) {
      if (maxBaudRate !== undefined && wanted > maxBaudRate) throw new Error("Error: Invalid argument, cannot set custom baud rate");
      baudRate = wanted;
      board.setHostBaudRate(wanted);
    },
    async set({ dtr, rts }) {
      if (isGone) throw new Error("Error: Input/output error, cannot set");
      board.setLines({ dtr: dtr === true, rts: rts === true });
    },
    get: async () => ({ cts: true, dsr: true, dcd: true }),
    getBaudRate: async () => ({ baudRate }),
    async flush() {
      pending = Buffer.alloc(0);
    },
    drain: async () => undefined,
  };
  return port;
}

/** The ports of a computer to which these boards are connected. */
export function createSimulatedBinding(...ports: readonly SimulatedPort[]): SerialBinding {
  return {
    list: async () =>
      ports
        .filter(({ board }) => board.isPluggedIn)
        .map(({ path, vendorId, productId }) => ({
          path,
          manufacturer: "Silicon Labs",
          serialNumber: undefined,
          pnpId: undefined,
          locationId: undefined,
          vendorId: vendorId ?? "10c4",
          productId: productId ?? "ea60",
        })),
    async open(options) {
      const port = ports.find(({ path, board }) => path === options.path && board.isPluggedIn);
      if (port === undefined) throw new Error(`Error: No such file or directory, cannot open ${options.path}`);
      const problem = port.openError?.();
      if (problem !== undefined) throw new Error(problem);
      return openPort(port, options);
    },
  };
}
