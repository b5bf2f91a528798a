/** What makes a packet of MQTT 5 break the protocol, or more than this service can do. Either ends the connection. */
import type { IConnectPacket, IPublishPacket, ISubscribePacket, Packet } from "mqtt-packet";
import { refusal, type Refusal } from "./mqtt5-reasons";

const message = ["payloadFormatIndicator", "messageExpiryInterval", "contentType", "responseTopic", "correlationData", "userProperties"];

/** The properties that a client may send, by packet (MQTT 5, section 2.2.2.2). */
const allowed: Readonly<Record<string, readonly string[]>> = {
  connect: [
    ...["sessionExpiryInterval", "receiveMaximum", "maximumPacketSize", "topicAliasMaximum", "userProperties"],
    ...["requestResponseInformation", "requestProblemInformation", "authenticationMethod", "authenticationData"],
  ],
  will: [...message, "willDelayInterval"],
  publish: [...message, "topicAlias"],
  puback: ["reasonString", "userProperties"],
  subscribe: ["subscriptionIdentifier", "userProperties"],
  unsubscribe: ["userProperties"],
  disconnect: ["sessionExpiryInterval", "reasonString", "userProperties"],
};

/** The reason why a packet may not be taken, or undefined. */
export function fault(packet: Packet): Refusal | undefined {
  if (packet.cmd === "pingreq") return undefined;
  const names = allowed[packet.cmd];
  // Of those that clients send, AWS takes neither those of QoS 2 nor AUTH (developer guide, "AWS IoT differences from MQTT specifications").
  if (names === undefined) return refusal("protocolError", `${packet.cmd.toUpperCase()} is not supported`);
  const properties = "properties" in packet ? packet.properties : undefined;
  if (!textsOf(packet).every(fits)) return refusal("malformedPacket", "text that is no UTF-8");
  return faultInProperties(properties, names) ?? faultsOf(packet);
}

/** The parser reads bytes that are no UTF-8 as U+FFFD, which takes three: the text may then no longer fit into any packet. */
function fits(text: string): boolean {
  return Buffer.byteLength(text) <= 0xffff;
}

function textsOf(packet: Packet): readonly string[] {
  if (packet.cmd === "connect") return [packet.clientId, packet.will?.topic ?? ""];
  if (packet.cmd === "publish") return [packet.topic];
  if (packet.cmd === "subscribe") return packet.subscriptions.map(({ topic }) => topic);
  return packet.cmd === "unsubscribe" ? packet.unsubscriptions : [];
}

function faultInProperties(properties: object | undefined, names: readonly string[]): Refusal | undefined {
  for (const [name, value] of Object.entries(properties ?? {}) as [string, unknown][]) {
    if (!names.includes(name)) return refusal("protocolError", `property ${name} does not belong here`);
    if (name === "userProperties") {
      // What the parser could not read is null.
      const texts: unknown[] = [...Object.keys(value as object), ...(Object.values(value as object) as unknown[]).flat()];
      if (texts.includes(null)) return refusal("malformedPacket", "a user property is cut off");
      if (!(texts as string[]).every(fits)) return refusal("malformedPacket", "a user property that is no UTF-8");
      continue;
    }
    if (Array.isArray(value)) return refusal("protocolError", `property ${name} is there twice`);
    if (typeof value === "string" && !fits(value)) return refusal("malformedPacket", `property ${name} is no UTF-8`);
    if (value === null || value === undefined || value === -1) return refusal("malformedPacket", `property ${name} is cut off`);
  }
  return undefined;
}

function faultsOf(packet: Packet): Refusal | undefined {
  if (packet.cmd === "connect") return faultInConnect(packet);
  if (packet.cmd === "publish") return faultInPublish(packet);
  if (packet.cmd === "subscribe") return faultInId(packet) ?? faultInSubscribe(packet);
  if (packet.cmd === "unsubscribe") return faultInId(packet) ?? faultInFilters(packet.unsubscriptions);
  return undefined;
}

function faultInId({ messageId = 0 }: Packet): Refusal | undefined {
  return messageId > 0 ? undefined : refusal("protocolError", "a packet id of 0");
}

function faultInConnect({ properties = {}, will }: IConnectPacket): Refusal | undefined {
  if (properties.receiveMaximum === 0) return refusal("protocolError", "a receive maximum of 0");
  if (properties.maximumPacketSize === 0) return refusal("protocolError", "a maximum packet size of 0");
  if (properties.authenticationMethod !== undefined) return refusal("badAuthenticationMethod", "enhanced authentication");
  if (will === undefined) return undefined;
  if (!isTopic(will.topic)) return refusal("topicNameInvalid", `its will has topic ${will.topic}`);
  return will.qos === 2 ? refusal("qosNotSupported", "a will at QoS 2") : faultInProperties(will.properties, allowed["will"] ?? []);
}

function faultInPublish(packet: IPublishPacket): Refusal | undefined {
  const { qos, topic, properties = {} } = packet;
  if (qos === 2) return refusal("qosNotSupported", "a PUBLISH at QoS 2");
  if (/[+#]/.test(topic)) return refusal("topicNameInvalid", `a PUBLISH on ${topic}`);
  const { responseTopic } = properties;
  if (responseTopic !== undefined && !isTopic(responseTopic)) return refusal("protocolError", `response topic ${responseTopic}`);
  return qos === 0 ? undefined : faultInId(packet);
}

function faultInSubscribe({ properties = {}, subscriptions }: ISubscribePacket): Refusal | undefined {
  // AWS disconnects, with these words (node-red issue 4133).
  if (properties.subscriptionIdentifier !== undefined)
    return refusal("subscriptionIdsNotSupported", "DISCONNECT: Subscription Id is not supported now");
  return faultInFilters(subscriptions.map(({ topic }) => topic));
}

function faultInFilters(filters: readonly string[]): Refusal | undefined {
  if (filters.length === 0) return refusal("protocolError", "no topic filter");
  const wrong = filters.find((filter) => !isFilter(filter));
  return wrong === undefined ? undefined : refusal("topicFilterInvalid", `topic filter ${wrong}`);
}

function isTopic(topic: string): boolean {
  return topic !== "" && !/[+#]/.test(topic);
}

/** Wildcards stand for whole levels, `#` for the last ones. */
function isFilter(filter: string): boolean {
  const levels = filter.split("/");
  return filter !== "" && levels.every((level, at) => !/[+#]/.test(level) || level === "+" || (level === "#" && at === levels.length - 1));
}
