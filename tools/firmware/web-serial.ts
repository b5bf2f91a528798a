/** A serial line in the clothes of the Web Serial API, which is what esptool-js talks to. */
import { ReadableStream, WritableStream } from "node:stream/web";
import { isSamePort, type SerialBinding } from "./serial-binding";
import { openSerialLine, type SerialLine } from "./serial-line";

/** The part of Web Serial's SerialPort that esptool-js uses (its lib/webserial.js), and `setBaudRate`, which it prefers to opening the port anew. */
export interface WebSerialPort {
  readonly readable: ReadableStream<Uint8Array> | null;
  readonly writable: WritableStream<Uint8Array> | null;
  getInfo(): { usbVendorId?: number; usbProductId?: number };
  open(options: { readonly baudRate: number }): Promise<void>;
  close(): Promise<void>;
  setSignals(signals: { readonly dataTerminalReady?: boolean; readonly requestToSend?: boolean }): Promise<void>;
  setBaudRate(baudRate: number): Promise<void>;
}

export interface WebSerial {
  readonly port: WebSerialPort;
  /** Rejects when the port vanishes or the work is called off; never resolves. */
  readonly failed: Promise<never>;
  /** Calls the work off: whoever reads or writes gets an error soon. */
  fail(why: Error): void;
  /** False once the port has shown that it has no DTR and RTS. */
  readonly hasLines: boolean;
}

/** Two bytes that are no SLIP, wherever they come: an esptool-js that waits for a packet gives up at once when it reads them. */
const breakSlip = Uint8Array.of(0xdb, 0x00);

export interface WebSerialOptions {
  readonly binding: SerialBinding;
  readonly path: string;
  /** What the port is called when it is gone. */
  readonly gone: () => Error;
}

/** Wraps the port at `path`; it is opened by `open`. */
export async function createWebSerial({ binding, path, gone }: WebSerialOptions): Promise<WebSerial> {
  const ids = (await binding.list()).find((candidate) => isSamePort(candidate.path, path));
  let line: SerialLine | undefined;
  let readable: ReadableStream<Uint8Array> | null = null;
  let writable: WritableStream<Uint8Array> | null = null;
  let stopReading: () => void = () => undefined;
  let broken: Error | undefined;
  let hasLines = true;
  let reject: (why: Error) => void;
  const failed = new Promise<never>((_, refuse) => (reject = refuse));
  // Whoever does not wait for it is not told.
  failed.catch(() => undefined);

  function fail(why: Error): void {
    if (broken !== undefined) return;
    broken = why;
    stopReading();
    reject(why);
  }

  async function open({ baudRate }: { readonly baudRate: number }): Promise<void> {
    if (broken !== undefined) throw broken;
    const opened = await openSerialLine(binding, path, baudRate);
    line = opened;
    let isClosing = false;
    opened.stream.on("error", () => fail(gone()));
    opened.stream.on("close", () => {
      if (!isClosing && line === opened) fail(gone());
    });
    readable = new ReadableStream<Uint8Array>({
      start(controller) {
        let isOpen = true;
        const take = (bytes: Buffer): void => {
          if (isOpen) controller.enqueue(new Uint8Array(bytes));
        };
        opened.stream.on("data", take);
        stopReading = () => {
          if (!isOpen) return;
          if (broken !== undefined) controller.enqueue(breakSlip);
          isOpen = false;
          opened.stream.off("data", take);
          controller.close();
        };
      },
      cancel() {
        isClosing = true;
        stopReading = () => undefined;
      },
    });
    writable = new WritableStream<Uint8Array>({
      write: (bytes) =>
        new Promise((resolve, refuse) => {
          if (broken !== undefined) refuse(broken);
          else opened.stream.write(Buffer.from(bytes), (error) => (error ? refuse(error) : resolve()));
        }),
    });
  }

  const port: WebSerialPort = {
    get readable() {
      return readable;
    },
    get writable() {
      return writable;
    },
    getInfo() {
      const id = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number.parseInt(text, 16));
      const [usbVendorId, usbProductId] = [id(ids?.vendorId), id(ids?.productId)];
      return { ...(usbVendorId === undefined ? {} : { usbVendorId }), ...(usbProductId === undefined ? {} : { usbProductId }) };
    },
    open,
    async close() {
      const closing = line;
      line = undefined;
      stopReading();
      readable = null;
      // What is broken stays, so that a late writer hears of it instead of waiting for an answer.
      if (broken === undefined) writable = null;
      await closing?.close();
    },
    async setSignals({ dataTerminalReady: dtr, requestToSend: rts }) {
      if (broken !== undefined) throw broken;
      const isSet = await line?.setLines({ ...(dtr === undefined ? {} : { dtr }), ...(rts === undefined ? {} : { rts }) });
      if (isSet === false) hasLines = false;
    },
    async setBaudRate(baudRate) {
      await line?.setBaudRate(baudRate);
    },
  };
  return {
    port,
    failed,
    fail,
    get hasLines() {
      return hasLines;
    },
  };
}
