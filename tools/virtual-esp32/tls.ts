/** TLS as esp-tls sets it up: the server is verified against the given roots or the connection is refused. */
import { X509Certificate, createPrivateKey } from "node:crypto";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import type { Link } from "./radio";

/** Certificates and keys as Mbed TLS takes them; undefined where none was given. */
export interface TlsIdentity {
  readonly ca: Buffer | undefined;
  readonly certificate: Buffer | undefined;
  readonly key: Buffer | undefined;
  /** Without `ca` the public roots are taken: the certificate bundle of our firmware. */
  readonly usesBundle?: boolean;
  readonly alpn?: string | undefined;
}

/** PEM or DER as PEM. Throws when it is neither. */
function certificatePem(data: Buffer): string {
  const text = data.toString("latin1").replace(/\0+$/, "");
  return text.includes("-----BEGIN") ? text : new X509Certificate(data).toString();
}

function keyPem(data: Buffer): string {
  const text = data.toString("latin1").replace(/\0+$/, "");
  if (text.includes("-----BEGIN")) return text;
  return createPrivateKey({ key: data, format: "der", type: "pkcs8" }).export({ format: "pem", type: "pkcs8" }).toString();
}

/** A connection that is up when `upEvent` comes: over TLS where there is an identity. Throws when that cannot be read. */
export function openLink(
  link: Link,
  host: string,
  identity: TlsIdentity | undefined,
): { readonly stream: Duplex; readonly upEvent: "connect" | "secureConnect" } {
  if (identity === undefined) return { stream: link, upEvent: "connect" };
  link.on("error", () => undefined);
  try {
    return { stream: overTls(link, host, identity), upEvent: "secureConnect" };
  } catch (error) {
    link.destroy();
    throw error;
  }
}

/** A TLS connection over `link`; gives an error event where Mbed TLS would refuse. */
function overTls(link: Link, host: string, identity: TlsIdentity): TLSSocket {
  if (identity.ca === undefined && identity.usesBundle !== true)
    throw new Error("No server verification option set in esp_tls_cfg_t structure");
  if ((identity.certificate === undefined) !== (identity.key === undefined))
    throw new Error("client certificate and key must both be given");
  return connect({
    socket: link,
    ...(identity.ca === undefined ? {} : { ca: certificatePem(identity.ca) }),
    ...(identity.alpn === undefined ? {} : { ALPNProtocols: [identity.alpn] }),
    ...(identity.certificate === undefined ? {} : { cert: certificatePem(identity.certificate), key: keyPem(identity.key!) }),
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    rejectUnauthorized: true,
  });
}
