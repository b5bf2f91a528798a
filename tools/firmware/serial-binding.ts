/** What opens serial ports: the computer's own driver, or a simulated board. The shape is serialport's (its bindings-interface). */
import { existsSync, readdirSync } from "node:fs";
import { withModemLines } from "./modem-lines";

export interface SerialPortInfo {
  readonly path: string;
  readonly manufacturer?: string | undefined;
  /** In hex, without 0x. */
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
}

export interface SerialOpenOptions {
  readonly path: string;
  readonly baudRate: number;
}

export interface ControlLines {
  readonly dtr?: boolean;
  readonly rts?: boolean;
}

/** An open port. What is under way when it is closed fails with an error that has `canceled: true`; any other error means that the port is gone. */
export interface OpenSerialPort {
  readonly openOptions: SerialOpenOptions;
  isOpen: boolean;
  close(): Promise<void>;
  /** Resolves with one byte at least. */
  read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }>;
  write(bytes: Buffer): Promise<void>;
  update(options: { readonly baudRate: number }): Promise<void>;
  set(lines: ControlLines): Promise<void>;
  get(): Promise<{ cts: boolean; dsr: boolean; dcd: boolean }>;
  getBaudRate(): Promise<{ baudRate: number }>;
  flush(): Promise<void>;
  drain(): Promise<void>;
}

export interface SerialBinding {
  list(): Promise<SerialPortInfo[]>;
  open(options: SerialOpenOptions): Promise<OpenSerialPort>;
}

/** USB serial ports by the names that Linux gives them. */
function portsByName(): SerialPortInfo[] {
  if (!existsSync("/dev")) return [];
  const names = readdirSync("/dev").filter((name) => /^tty(USB|ACM)\d+$/.test(name));
  return names.sort().map((name) => ({ path: `/dev/${name}` }));
}

/** The ports of this computer. Loaded when needed: it is native code. */
export async function systemBinding(): Promise<SerialBinding> {
  const { SerialPort } = await import("serialport");
  const binding = SerialPort.binding as SerialBinding;
  return {
    open: async (options) => withModemLines(await binding.open(options)),
    // On Linux it asks udevadm, which small systems and containers lack.
    list: () => binding.list().catch(portsByName),
  };
}

/** Whether a port is likely to be a board's: USB, by its ids or its name. */
export function isUsbPort({ path, vendorId }: SerialPortInfo): boolean {
  return vendorId !== undefined || /tty(USB|ACM)|usb(serial|modem)/.test(path);
}
