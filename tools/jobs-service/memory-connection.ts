/** A connection without a socket: what is written at one end is read at the other. */
import { duplexPair, type Duplex } from "node:stream";

/** Two ends. When one is destroyed the other reads what was already sent, then its end, as with a socket. */
export function memoryConnection(): readonly [Duplex, Duplex] {
  const [one, other] = duplexPair();
  // Node 20's pair does not tell one side of the other's destruction.
  follow(one, other);
  follow(other, one);
  return [one, other];
}

function follow(from: Duplex, to: Duplex): void {
  from.once("close", () => {
    if (to.destroyed) return;
    to.once("end", () => to.destroy());
    if (to.readableEnded) to.destroy();
    else to.push(null);
  });
}
