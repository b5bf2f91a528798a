/** What one MQTT connection may have at most ("AWS IoT Core endpoints and quotas"). Quotas per second are in rates.ts. */
export const connectionLimits = {
  clientIdBytes: 128,
  payloadBytes: 128 * 1024,
  topicBytes: 256,
  /** Eight levels. */
  topicSlashes: 7,
  filtersInSubscribe: 8,
  subscriptions: 50,
} as const;

const minKeepAliveSeconds = 30;
const maxKeepAliveSeconds = 1200;

/** The keep-alive that counts: 0 and more than 1200 s become 1200 s, less than 30 s becomes 30 s. The connection ends after 1.5 times that. */
export function keepAliveSeconds(asked: number): number {
  if (asked === 0) return maxKeepAliveSeconds;
  return Math.min(Math.max(asked, minKeepAliveSeconds), maxKeepAliveSeconds);
}
