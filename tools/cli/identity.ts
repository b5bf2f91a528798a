/** The files that give a board or an agent its identity: settings and certificates, as firmware/README.md describes them. */
import type { ServiceAddress } from "./place";

/** A thing's certificate, and the root that it trusts. PEM. */
export interface Credentials {
  readonly thingName: string;
  readonly certificate: string;
  readonly privateKey: string;
  readonly ca: string;
}

/** The network that virtual boards join. */
export const virtualWifi = { wifi: { ssid: "virtual", password: "virtual-board" } };

/** File names and contents. `extra` are further settings. */
export function identityFiles(
  credentials: Credentials,
  address: Pick<ServiceAddress, "mqtts">,
  extra: Record<string, unknown> = {},
): Record<string, string> {
  const { hostname, port } = new URL(address.mqtts);
  const settings = { thingName: credentials.thingName, endpoint: hostname, port: Number(port), ...extra };
  return {
    "settings.json": `${JSON.stringify(settings, undefined, 2)}\n`,
    "ca.pem": credentials.ca,
    "cert.pem": credentials.certificate,
    "key.pem": credentials.privateKey,
  };
}
