/**
 * Our component `jobsfw` (firmware/components/jobsfw): what it puts in place of the values that NodeMCU's http and mqtt modules hand to ESP-IDF, and
 * what it keeps about the connections. Between two resets; without it the board is stock NodeMCU.
 */
import type { Chip } from "./chip";
import type { MqttEvent } from "./mqtt-client";
import type { TlsIdentity } from "./tls";

/** What the next MQTT connect uses instead of the module's own values; undefined leaves those. */
export interface MqttOverrides {
  clientId: string | undefined;
  username: string | undefined;
  password: string | undefined;
  will: { readonly topic: string; readonly payload: Buffer; readonly qos: number; readonly retain: boolean } | undefined;
  alpn: string | undefined;
  bufferBytes: number;
}

/** What the next HTTP connection uses besides the module's options. */
export interface HttpOverrides {
  certificate: Buffer | undefined;
  key: Buffer | undefined;
  requestBytes: number;
}

/** What became of messages and connections; `jobsfw.mqttinfo`. */
export interface MqttNotes {
  lastId: number;
  ackedId: number;
  acks: number;
  dropped: number;
  connack: number;
  subRefused: boolean;
}

export interface Component {
  readonly mqtt: MqttOverrides;
  readonly http: HttpOverrides;
  readonly notes: MqttNotes;
  /** The least of the free memory that was seen. */
  leastFreeBytes: number;
}

/** CONFIG_JOBSFW_MQTT_MAX_MESSAGE. */
export const longestMessageBytes = 49_152;
/** CONFIG_JOBSFW_HTTP_TX_BUFFER. */
export const httpRequestBytes = 4096;
/** AWS IoT's name for MQTT with client certificates on port 443. */
const awsAlpn = "x-amzn-mqtt-ca";

export function createComponent(requestBytes: number): Component {
  return {
    mqtt: { clientId: undefined, username: undefined, password: undefined, will: undefined, alpn: undefined, bufferBytes: 0 },
    http: { certificate: undefined, key: undefined, requestBytes },
    notes: { lastId: 0, ackedId: 0, acks: 0, dropped: 0, connack: 0, subRefused: false },
    leastFreeBytes: Infinity,
  };
}

/** What an HTTP connection is made with, as it is now: later calls of `jobsfw.http` change it for later connections. */
export interface HttpConfig {
  readonly requestBytes: number;
  /** A body shorter than announced is an error. */
  readonly checksLength: boolean;
  readonly identity: Pick<TlsIdentity, "certificate" | "key" | "usesBundle">;
}

export function httpConfig({ component, httpRequestBytes: stockBytes }: Pick<Chip, "component" | "httpRequestBytes">): HttpConfig {
  const none = { certificate: undefined, key: undefined };
  if (component === undefined) return { requestBytes: stockBytes, checksLength: false, identity: none };
  const { certificate, key, requestBytes } = component.http;
  const hasBoth = certificate !== undefined && key !== undefined;
  return { requestBytes, checksLength: true, identity: { ...(hasBoth ? { certificate, key } : none), usesBundle: true } };
}

/** The protocol named in the TLS handshake to this port; an empty option names none. */
export function alpnFor({ mqtt }: Component, port: number): string | undefined {
  const name = mqtt.alpn ?? (port === 443 ? awsAlpn : undefined);
  return name === "" ? undefined : name;
}

/** What must remain beside a message's copies (assembly.h, JOBSFW_SPARE_TOTAL). That free memory is in pieces is not simulated. */
const spareBytes = 12_288;

/**
 * Notes what the firmware's MQTT task tells, and hands it on with each message in one piece; the topic alone of one that is too long, or that
 * leaves too little of `freeBytes` at its first piece or at its last.
 */
export function wholeMessages({ notes }: Component, freeBytes: () => number, tell: (event: MqttEvent) => void): (event: MqttEvent) => void {
  let parts: { readonly topic: Buffer; readonly data: Buffer[]; sizeBytes: number } | undefined;
  return (event) => {
    if (event.kind === "published") {
      notes.ackedId = event.messageId;
      notes.acks++;
    } else if (event.kind === "subscribed") notes.subRefused = event.isRefused;
    else if (event.kind === "disconnected") {
      notes.connack = event.connack;
      parts = undefined;
    }
    if (event.kind !== "data") return tell(event);
    const isFirst = event.topic.length > 0;
    if (isFirst && parts !== undefined) notes.dropped++;
    if (isFirst) parts = undefined;
    if (isFirst && event.data.length >= event.totalBytes) return tell(event);
    if (isFirst) parts = { topic: Buffer.from(event.topic), data: [], sizeBytes: 0 };
    if (parts === undefined) return;
    const { topic } = parts;
    parts.data.push(Buffer.from(event.data));
    parts.sizeBytes += event.data.length;
    const isLast = parts.sizeBytes >= event.totalBytes;
    // Two copies at a time: ours and NodeMCU's, then NodeMCU's and Lua's.
    const hasRoom = (): boolean => freeBytes() > spareBytes + 2 * (topic.length + event.totalBytes);
    const isLost = (isFirst && event.totalBytes > longestMessageBytes) || ((isFirst || isLast) && !hasRoom());
    if (isLost) notes.dropped++;
    if (!isLost && !isLast) return;
    tell({ ...event, topic, data: isLost ? Buffer.alloc(0) : Buffer.concat(parts.data), offset: 0, ...(isLost ? { totalBytes: 0 } : {}) });
    parts = undefined;
  };
}
