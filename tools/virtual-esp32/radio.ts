/** The board's way to the network: Wi-Fi, and connections that fall silent when it is gone or the board is, as a peer without power does. */
import { Duplex } from "node:stream";
import { connect as connectTcp } from "node:net";
import type { Socket } from "node:net";
import type { TimeSource } from "../time";

/** Where connections go to. */
export interface Network {
  connect(host: string, port: number): Duplex;
}

/** The computer's own network. */
export const hostNetwork: Network = { connect: (host, port) => connectTcp({ host, port, noDelay: true }) };

/** A connection as the chip's TCP has it; emits `connect` when it is up. */
export type Link = Duplex;

export interface Radio {
  /** True while the station has an address. */
  isOnline: boolean;
  connect(host: string, port: number): Link;
  /** Wi-Fi came or went: connections go on or fall silent. */
  changed(): void;
  /** Nobody is there any more: what peers send is not read, and they hear nothing, not even a FIN. */
  powerOff(): void;
}

/** How fast the link is: `restMs` after so many bytes came in, on the board's clock. */
export interface Pace {
  restMs(bytes: number): number;
  after(delayMs: number, fire: () => void): () => void;
}

export function createRadio(network: Network, pace?: Pace): Radio {
  const gates = new Set<Gate>();
  const radio: Radio = {
    isOnline: false,
    connect(host, port) {
      const gate = new Gate(radio, radio.isOnline ? network.connect(host, port) : undefined, pace);
      gates.add(gate);
      gate.once("close", () => gates.delete(gate));
      return gate;
    },
    changed() {
      for (const gate of gates) gate.changed();
    },
    powerOff() {
      radio.isOnline = false;
      for (const gate of gates) gate.abandon();
      gates.clear();
    },
  };
  return radio;
}

class Gate extends Duplex {
  private waiting: (() => void)[] = [];
  private abandoned = false;
  private isResting = false;

  constructor(
    private readonly radio: Radio,
    private readonly peer: Duplex | undefined,
    pace: Pace | undefined,
  ) {
    super({ allowHalfOpen: false });
    // Without Wi-Fi there is no route, and the name cannot be looked up.
    if (peer === undefined) {
      process.nextTick(() => this.destroy(new Error("no network")));
      return;
    }
    const up = (): void => void this.emit("connect");
    if ("connecting" in peer && (peer as Socket).connecting) peer.once("connect", up);
    else process.nextTick(up);
    peer.on("data", (chunk: Buffer) => {
      const restMs = pace?.restMs(chunk.length) ?? 0;
      if (restMs > 0) {
        this.isResting = true;
        pace?.after(restMs, () => {
          this.isResting = false;
          this._read();
        });
      }
      if (!this.push(chunk) || this.isResting) peer.pause();
    });
    peer.on("end", () => !this.abandoned && this.push(null));
    peer.on("error", (error) => !this.abandoned && this.destroy(error));
    peer.on("close", () => !this.abandoned && this.destroy());
  }

  changed(): void {
    if (this.peer === undefined || this.abandoned) return;
    if (!this.radio.isOnline) this.peer.pause();
    else {
      this._read();
      const waiting = this.waiting;
      this.waiting = [];
      waiting.forEach((write) => write());
    }
  }

  abandon(): void {
    this.abandoned = true;
    this.waiting = [];
    this.peer?.pause();
    // A half-dead connection must not keep the program alive; the peer ends it when it gives up.
    if (this.peer !== undefined && "unref" in this.peer) (this.peer as Socket).unref();
  }

  override _read(): void {
    if (!this.abandoned && !this.isResting && this.radio.isOnline) this.peer?.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.abandoned) return;
    const write = (): void => void this.peer?.write(chunk, encoding, done);
    if (this.radio.isOnline) write();
    else this.waiting.push(write);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (!this.abandoned) this.peer?.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.abandoned) this.peer?.destroy();
    done(error);
  }
}

/** A link that carries so many bytes a second; undefined for one as fast as this computer. */
export function paceOf(bytesPerSecond: number | undefined, time: TimeSource): Pace | undefined {
  if (bytesPerSecond === undefined) return undefined;
  return { restMs: (bytes) => Math.ceil((bytes * 1000) / bytesPerSecond), after: (delayMs, fire) => time.after(delayMs, fire) };
}
