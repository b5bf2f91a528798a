/** The way between the device and the service: while it is bad, messages are late, overtake each other, come twice, get lost or cannot be decoded. */
import type { VirtualTime } from "../../tools/time";
import type { Chance } from "./chance";

/** What arrives. */
export interface Network {
  isUp: boolean;
  /** From here on every message arrives once, soon and in order. */
  isGood: boolean;
  /** Messages that the device could not decode. */
  undecodable: number;
  /** A new connection, or none: what was on its way to the device is gone. */
  turn(isUp: boolean): void;
  toDevice(topic: string, payload: string): void;
  toService(topic: string, payload: string): void;
}

/** Who is at the ends. An undefined payload cannot be decoded. */
export interface Ends {
  device(topic: string, payload: string | undefined): void;
  service(topic: string, payload: string): void;
}

const soonMs = 20;

/** A network that is down. */
export function createNetwork(time: VirtualTime, chance: Chance, ends: Ends): Network {
  let connection = 0;

  function delayMs(): number {
    if (network.isGood) return soonMs;
    return 1 + chance.below(chance.oneIn(4) ? 12_000 : 200);
  }

  function send(arrive: () => void): void {
    if (!network.isGood && chance.oneIn(15)) return;
    time.after(delayMs(), arrive);
    if (!network.isGood && chance.oneIn(12)) time.after(delayMs(), arrive);
  }

  const network: Network = {
    isUp: false,
    isGood: false,
    undecodable: 0,
    turn(isUp) {
      network.isUp = isUp;
      connection++;
    },
    toDevice(topic, payload) {
      const sentOn = connection;
      if (!network.isUp) return;
      send(() => {
        if (sentOn !== connection) return;
        const isBroken = !network.isGood && chance.oneIn(15);
        if (isBroken) network.undecodable++;
        ends.device(topic, isBroken ? undefined : payload);
      });
    },
    // What the device has sent arrives even when the connection has ended meanwhile.
    toService(topic, payload) {
      send(() => ends.service(topic, payload));
    },
  };
  return network;
}
