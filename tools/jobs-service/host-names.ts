/** Under which names a service is reached that listens on an address: by this computer, and by others in its network. */
import { networkInterfaces } from "node:os";
import { isIPv6 } from "node:net";

const loopback = "127.0.0.1";
/** Addresses that stand for every one that this computer has. */
const everyAddress: readonly string[] = ["0.0.0.0", "::"];

export interface HostNames {
  /** The name in addresses that the service gives out. */
  readonly name: string;
  /** The names that its certificate is for. */
  readonly all: readonly string[];
}

function addressesInTheNetwork(): string[] {
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return interfaces.flatMap(({ internal, family, address }) => (internal || family !== "IPv4" ? [] : [address]));
}

/** The names of a service that listens on `host`. Boards in the network cannot use "localhost": they are told an address that they can. */
export function namesOf(host: string, inTheNetwork: readonly string[] = addressesInTheNetwork()): HostNames {
  const own = everyAddress.includes(host) ? inTheNetwork : [host];
  const name = own.find((address) => address !== loopback) ?? "localhost";
  return { name: isIPv6(name) ? `[${name}]` : name, all: [...new Set(["localhost", loopback, ...own])] };
}
