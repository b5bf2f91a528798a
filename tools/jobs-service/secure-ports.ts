/** The two ports with TLS: MQTT, and 443 as AWS has it, where HTTPS, MQTT with a client certificate and WebSockets share one port. */
import type { Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type Server, type TLSSocket, type TlsOptions } from "node:tls";
import type { Identity } from "./certificates";
import type { MqttFace } from "./mqtt-face";
import type { Patience } from "./patience";
import type { Rules } from "./rules";
import { certificateIdOf } from "./rules/certificates";

/** The protocol that a client names in its TLS greeting to speak MQTT on the HTTPS port (developer guide, "Device communication protocols"). */
const mqttProtocol = "x-amzn-mqtt-ca";

export interface Doors {
  readonly identity: Identity;
  readonly ca: string;
  readonly rules: Rules;
  readonly mqtt: Pick<MqttFace, "accept">;
  readonly patience: Patience;
  readonly nowMs: () => number;
  readonly log: (line: string) => void;
}

/** The id of the certificate that a client showed, and with whose key it signed the handshake. */
export function certificateShown(socket: TLSSocket): string | undefined {
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? undefined : certificateIdOf(certificate.raw);
}

/** A server for MQTT over TLS with a client certificate. */
export function mqttsServer(doors: Doors): Server {
  return withLog(
    createServer(tlsOptions(doors), (socket) => acceptMqtt(doors, socket)),
    doors,
  );
}

/** A server whose requests and upgrades `http` answers, where whoever asks for MQTT in the TLS greeting gets that instead. */
export function httpsServer(doors: Doors, http: HttpServer): Server {
  // One of Node's own, for it watches over slow senders; it only does so while it listens itself.
  const { headersMs: headersTimeout, requestMs: requestTimeout } = doors.patience;
  // How often Node looks whether someone is late; half a minute unless given.
  const timeouts = { headersTimeout, requestTimeout, connectionsCheckingInterval: Math.min(headersTimeout, 30_000) };
  const server = createHttpsServer({ ...tlsOptions(doors), ...timeouts, ALPNProtocols: [mqttProtocol, "http/1.1"] });
  const serve = server.listeners("secureConnection");
  server.removeAllListeners("secureConnection");
  server.on("secureConnection", (socket) => {
    if (socket.alpnProtocol === mqttProtocol) return acceptMqtt(doors, socket);
    // Without a certificate a client is welcome, and then has to sign.
    if (certificateShown(socket) !== undefined && admitted(doors, socket) === undefined) return;
    for (const listener of serve) listener.call(server, socket);
  });
  for (const event of ["request", "upgrade"]) server.on(event, (...given: unknown[]) => http.emit(event, ...given));
  return withLog(server, doors);
}

/** Which certificates are good is for the register to say, not for a chain: AWS takes those of others too once they are registered. */
function tlsOptions({ identity, ca, patience }: Doors): TlsOptions {
  const own = { cert: identity.certificate, key: identity.privateKey, ca };
  return {
    ...own,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    noDelay: true,
    handshakeTimeout: patience.handshakeMs,
  };
}

function withLog(server: Server, { log }: Doors): Server {
  return server.on("tlsClientError", (error, socket) => {
    log(`refused a TLS connection: ${error.message}`);
    socket.destroy(); // Node's TLS server leaves a peer connected that never shakes hands.
  });
}

function acceptMqtt(doors: Doors, socket: TLSSocket): void {
  const certificateId = admitted(doors, socket);
  if (certificateId !== undefined) doors.mqtt.accept(socket, { kind: "certificate", certificateId });
}

/** The certificate of a client, or undefined once the connection is refused for it. */
function admitted({ rules, nowMs, log }: Doors, socket: TLSSocket): string | undefined {
  const certificateId = certificateShown(socket);
  const reason = certificateId === undefined ? "it showed no certificate" : rules.identities.refusalOf(certificateId, nowMs());
  if (reason === undefined) return certificateId;
  log(`refused a TLS connection: ${certificateId === undefined ? reason : `certificate ${certificateId}: ${reason}`}`);
  socket.destroy();
  return undefined;
}
