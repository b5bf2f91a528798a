/** What opens serial ports: the computer's own driver, or a simulated board. The shape is serialport's (its bindings-interface). */
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
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

/** The folder of the USB device that a port belongs to: some levels above the port's own in /sys. */
function usbIds(device: string): Pick<SerialPortInfo, "vendorId" | "productId"> {
  const id = (folder: string, name: string): string => readFileSync(join(folder, name), "latin1").trim();
  for (let folder = device; folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, "idVendor"))) return { vendorId: id(folder, "idVendor"), productId: id(folder, "idProduct") };
  return {};
}

/** USB serial ports by the names that Linux gives them, and what /sys says of them. */
export function portsByName(dev = "/dev", sys = "/sys/class/tty"): SerialPortInfo[] {
  if (!existsSync(dev)) return [];
  const names = readdirSync(dev).filter((name) => /^tty(USB|ACM)\d+$/.test(name));
  return names.sort().map((name) => {
    const device = join(sys, name, "device");
    return { path: join(dev, name), ...(existsSync(device) ? usbIds(realpathSync(device)) : {}) };
  });
}

/** A port's one name: links such as those in /dev/serial/by-id lead to it, and macOS has each port as tty and as cu. */
function nameOf(path: string): string {
  const name = existsSync(path) ? realpathSync(path) : path;
  return name.replace(/^\/dev\/cu\./, "/dev/tty.");
}

/** Whether two paths are the same port. */
export function isSamePort(path: string, other: string): boolean {
  return path === other || nameOf(path) === nameOf(other);
}

/** The ports of this computer. Loaded when needed: it is native code. */
export async function systemBinding(): Promise<SerialBinding> {
  const { SerialPort } = await import("serialport");
  const binding = SerialPort.binding as SerialBinding;
  return {
    open: async (options) => withModemLines(await binding.open(options)),
    // On Linux it asks udevadm, which small systems and containers lack.
    list: () => binding.list().catch(() => portsByName()),
  };
}

/** Whether a port is likely to be a board's: USB, by its ids or its name. */
export function isUsbPort({ path, vendorId }: SerialPortInfo): boolean {
  return vendorId !== undefined || /tty(USB|ACM)|usb(serial|modem)/.test(path);
}
