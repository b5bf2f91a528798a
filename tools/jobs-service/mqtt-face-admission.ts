/** Who may connect, and what becomes of an earlier connection and session. */
import type { Client, ConnectPacket } from "aedes";
import type { FaultyWays } from "./fault-passage";
import type { Access, Principal } from "./mqtt-face-access";
import { mqtt5On } from "./mqtt5";
import { refusal, type Refusal } from "./mqtt5-reasons";
import { maxSessionExpirySeconds, type MqttSessions } from "./mqtt-sessions";
import type { Rules } from "./rules";
import { connectionLimits, keepAliveSeconds } from "./rules/limits";
import { unpublishable } from "./topic-filters";

export interface AdmissionOptions {
  readonly rules: Pick<Rules, "rates">;
  readonly access: Pick<Access, "connect">;
  readonly connect: FaultyWays["connect"];
  readonly sessions: MqttSessions;
  readonly principalOf: (client: Client) => Principal;
  /** The connection that has a client id now. */
  readonly connected: (clientId: string) => Client | undefined;
  readonly log: (line: string) => void;
}

type Admission = (client: Client, packet: ConnectPacket, done: (error: null, isAdmitted: boolean) => void) => void;

/** Gives what the broker asks at each CONNECT. */
export function admission({ rules, access, connect, sessions, principalOf, connected, log }: AdmissionOptions): Admission {
  function reasonAgainst(client: Client, { clientId, will }: ConnectPacket): Refusal | undefined {
    const idBytes = Buffer.byteLength(clientId);
    if (will?.topic.startsWith("$") === true) return refusal("topicNameInvalid", "its will has a reserved topic");
    // Published later, it would end the connections of those who receive it.
    const bad = will === undefined ? undefined : unpublishable(will.topic);
    if (bad !== undefined) return refusal("topicNameInvalid", `its will has ${bad}`);
    if (/[\0\ufffd]/.test(clientId)) return refusal("clientIdNotValid", "its client id is not text in UTF-8");
    if (idBytes === 0 || idBytes > connectionLimits.clientIdBytes) {
      return refusal("clientIdNotValid", `its client id has ${idBytes} bytes`);
    }
    if (!rules.rates.mayConnect(clientId)) return refusal("quotaExceeded", "it connects more than once a second");
    return access.connect(principalOf(client), clientId);
  }

  return (client, packet, done) => {
    const { clientId } = packet;
    const modern = mqtt5On(client.conn);
    packet.keepalive = keepAliveSeconds(packet.keepalive ?? 0);
    const refused = reasonAgainst(client, packet);
    if (refused !== undefined) return refuse(refused);
    connect(clientId, (isRefused) => {
      if (isRefused) refuse(refusal("unspecified", "a fault"));
      else admit();
    });

    function refuse(why: Refusal): void {
      modern?.end(why);
      done(null, false);
      log(`refused client id ${clientId}: ${why.reason}`);
      // Without the CONNACK of 3.1.1, as AWS does: clients only ever report that it hung up (aws-iot-device-sdk-js-v2 issue 101).
      client.conn.end(() => client.conn.destroy());
    }

    function admit(): void {
      const earlier = connected(clientId);
      if (earlier !== undefined) mqtt5On(earlier.conn)?.end(refusal("sessionTakenOver", "the same client id has connected again"));
      if (modern === undefined && packet.clean) {
        sessions.takeOver(clientId);
        return done(null, true);
      }
      // In MQTT 5 the farewell may still change it.
      const expirySeconds = (): number => modern?.terms.expirySeconds ?? maxSessionExpirySeconds;
      void sessions.enter(clientId, modern?.terms.cleanStart ?? false).then((leave) => {
        if (client.conn.destroyed) return leave(expirySeconds());
        client.conn.once("close", () => leave(expirySeconds()));
        done(null, true);
      });
    }
  };
}
