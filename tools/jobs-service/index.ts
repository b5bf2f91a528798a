/** AWS IoT Jobs on one machine: the rules behind an MQTT face and an HTTPS face, with a certificate authority of its own. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import type { Duplex } from "node:stream";
import { systemTime, type TimeSource } from "../time";
import { openAuthority } from "./certificates";
import { ourChoices, type Choices } from "./choices";
import { memoryOutbox } from "./group-commit";
import { openHttpFace } from "./http-face";
import { keepIn } from "./keeping";
import { listen, type Listener } from "./listeners";
import { memoryConnection } from "./memory-connection";
import { openMqttFace, type MqttFace, type Traffic } from "./mqtt-face";
import { namesOf } from "./host-names";
import { openObjects } from "./objects";
import { usualPatience, type Patience } from "./patience";
import { provisionThing } from "./provisioning";
import type { Message, Rules } from "./rules";
import type { Credentials } from "./sigv4";
import { httpsServer, mqttsServer, type Doors } from "./secure-ports";
import { timedRules } from "./timed-rules";
import { serveWebSockets } from "./websocket";

export type { Traffic } from "./mqtt-face";
export type { Rules } from "./rules";
export { DataFolderError } from "./data";
export { ControlRefusal } from "./rules";

export interface JobsServiceOptions {
  /** Address to listen on with TLS; 127.0.0.1 unless given. Plain MQTT stays on this computer. */
  readonly host?: string;
  /** 0 is any free port, which is the default; false leaves that face out. */
  readonly ports?: { readonly mqtt?: number | false; readonly mqtts?: number | false; readonly https?: number | false };
  /** Keeps the authority and the things' certificates, so that boards stay provisioned across restarts. In memory only without. */
  readonly dir?: string;
  /** Keeps everything, the authority too, in this folder, so that it outlives the process. In memory only without. */
  readonly data?: string;
  readonly time?: TimeSource;
  /** Things come into being when they are first mentioned. */
  readonly lenientThings?: boolean;
  /** When given, HTTP requests must be signed with these; otherwise everyone on this computer may call. */
  readonly credentials?: Credentials;
  /** Whether the policies attached to certificates are enforced; true unless given. */
  readonly policies?: boolean;
  /** Refuses what comes more often than the quotas of AWS allow; false unless given. */
  readonly rateLimits?: boolean;
  /** Other answers to what AWS does not document. */
  readonly choices?: Partial<Choices>;
  /** How long to wait for slow senders. */
  readonly patience?: Partial<Patience>;
  /** Hears why connections were refused or ended. No payloads, no keys. */
  readonly log?: (line: string) => void;
}

export interface JobsService {
  readonly urls: { readonly mqtt?: string; readonly mqtts?: string; readonly https?: string };
  /** PEM of the service's own CA. */
  readonly ca: string;
  /** The file that holds it, when there is a `dir`. */
  readonly caFile: string | undefined;
  readonly rules: Rules;
  /** Registers a thing and gives it a client certificate whose CN is its name, with the smallest policy that works. */
  provision(thingName: string): Promise<{ thingName: string; certificate: string; privateKey: string; ca: string }>;
  /** Moves the service's clock on: what is due by then happens, each at its moment. */
  advanceClock(ms: number): void;
  /** Stores bytes and gives their URL. */
  putObject(name: string, bytes: Uint8Array): string;
  /** Plain MQTT without a socket. */
  connectMqtt(): Duplex;
  /** Plain HTTP without a socket. */
  connectHttp(): Duplex;
  /** Tells of every PUBLISH that a device sent or received. The result ends it. */
  onTraffic(listener: (message: Traffic) => void): () => void;
  stop(): Promise<void>;
}

const loopback = "127.0.0.1";

export async function startJobsService(options: JobsServiceOptions = {}): Promise<JobsService> {
  const { host = loopback, ports = {}, time = systemTime(true), policies = true, log = () => {} } = options;
  const patience: Patience = { ...usualPatience, ...options.patience };
  const urls: { mqtt?: string; mqtts?: string; https?: string } = {};
  const listeners: Listener[] = [];
  const trafficListeners = new Set<(message: Traffic) => void>();
  const broken = (error: unknown): void =>
    log(`the service failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);

  const keeping = options.data === undefined ? undefined : await keepIn(options.data, log, broken);
  const authority = await openAuthority(keeping?.authorityDir ?? options.dir);
  // Without an HTTPS port objects are reached through connectHttp only, which is plain.
  const objects = openObjects(
    () => urls.https ?? "http://localhost",
    () => rules.clock.now(),
    keeping?.blobs,
    keeping?.secret,
  );
  let mqttFace: MqttFace | undefined;
  const rulesOptions = {
    deliver: (messages: readonly Message[]) => mqttFace?.deliver(messages),
    deactivated: (certificateId: string) => mqttFace?.hangUp(certificateId),
    broken,
    newId: randomUUID,
    presign: (url: string, expiresInSec: number, thingName: string) => objects.presign(url, expiresInSec, thingName),
    rateLimits: options.rateLimits ?? false,
    readObject(source: string) {
      const object = URL.canParse(source) ? objects.get(objects.nameIn(new URL(source))) : undefined;
      return object === undefined ? undefined : Buffer.from(object.bytes).toString();
    },
    choices: { ...(options.lenientThings !== undefined && { lenientThings: options.lenientThings }), ...options.choices },
  };
  const { rules, stop: stopTimers } =
    (await keeping?.restored((kept) => timedRules(time, { ...rulesOptions, ...kept }))) ?? timedRules(time, rulesOptions);
  const outbox = keeping?.outbox ?? memoryOutbox;
  // A data folder knows its things; one that was deleted there may still have a certificate.
  if (keeping === undefined) for (const thing of authority.provisioned()) provisionThing(rules, thing, await authority.issueDevice(thing));
  const mqtt = await openMqttFace({
    rules,
    outbox,
    policies,
    connectMs: patience.connectMs,
    time,
    sessionStore: await keeping?.openSessions(),
    traffic: (message) => trafficListeners.forEach((listener) => listener(message)),
    log,
  });
  mqttFace = mqtt;
  const issuing = { authority, keys: { ...ourChoices, ...options.choices }.keysOfCertificates };
  const { credentials } = options;
  const endpoints = (type: string): string => endpointOf(type, urls);
  const http = openHttpFace({ rules, objects, endpoints, issuing, policies, time, outbox, credentials, broken });
  serveWebSockets(http, { mqtt, credentials, time, log });

  async function stop(): Promise<void> {
    stopTimers();
    await mqtt.stop();
    http.closeAllConnections();
    await Promise.all(listeners.map((listener) => listener.stop()));
    await keeping?.close();
  }

  try {
    const { name, all } = namesOf(host);
    const identity = await authority.issueServer(all);
    const doors: Doors = { identity, ca: authority.ca, rules, mqtt, patience, nowMs: () => time.now(), log };
    if (ports.mqtt !== false) {
      const listener = await listen(
        createServer({ noDelay: true }, (socket) => mqtt.accept(socket)),
        loopback, // Anyone may be any thing here.
        ports.mqtt ?? 0,
      );
      listeners.push(listener);
      urls.mqtt = `mqtt://${loopback}:${listener.port}`;
    }
    if (ports.mqtts !== false) {
      const listener = await listen(mqttsServer(doors), host, ports.mqtts ?? 0);
      listeners.push(listener);
      urls.mqtts = `mqtts://${name}:${listener.port}`;
    }
    if (ports.https !== false) {
      const listener = await listen(httpsServer(doors, http), host, ports.https ?? 0);
      listeners.push(listener);
      urls.https = `https://${name}:${listener.port}`;
    }
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    urls,
    ca: authority.ca,
    caFile: authority.caFile,
    rules,
    async provision(thingName) {
      const { certificate, privateKey } = await authority.issueDevice(thingName);
      provisionThing(rules, thingName, { certificate });
      await new Promise<void>((resolve) => outbox.after(resolve, resolve));
      return { thingName, certificate, privateKey, ca: authority.ca };
    },
    advanceClock: (ms) => rules.clock.advance(ms),
    putObject: (objectName, bytes) => objects.put(objectName, bytes),
    connectMqtt() {
      const [near, far] = memoryConnection();
      mqtt.accept(near);
      return far;
    },
    connectHttp() {
      const [near, far] = memoryConnection();
      http.emit("connection", near);
      return far;
    },
    onTraffic(listener) {
      trafficListeners.add(listener);
      return () => trafficListeners.delete(listener);
    },
    stop,
  };
}

/** DescribeEndpoint: AWS gives a host only; here the port is needed too. */
function endpointOf(type: string, { mqtts, mqtt, https }: JobsService["urls"]): string {
  const url = type.startsWith("iot:Data") ? (mqtts ?? mqtt) : https;
  return url === undefined ? "" : new URL(url).host;
}
