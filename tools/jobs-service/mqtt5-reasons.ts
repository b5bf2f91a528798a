/** The reason codes of MQTT 5 that the service sends (developer guide, "MQTT reason codes"), and what goes with one. */

export const reasonCodes = {
  unspecified: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  clientIdNotValid: 0x85,
  notAuthorized: 0x87,
  /** Not in the guide's tables, which name the codes "including but not limited to". */
  badAuthenticationMethod: 0x8c,
  serverShuttingDown: 0x8b,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  packetIdInUse: 0x91,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  /** Not in the guide's tables either. */
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
  qosNotSupported: 0x9b,
  subscriptionIdsNotSupported: 0xa1,
} as const;

/** Why something is refused: in words for the log and the reason string, and in MQTT 5's number. */
export interface Refusal {
  readonly reason: string;
  readonly code: number;
}

/** A refusal, by the name of its code. */
export function refusal(name: keyof typeof reasonCodes, reason: string): Refusal {
  return { reason, code: reasonCodes[name] };
}
