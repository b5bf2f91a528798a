/** How long the service waits for a slow sender before it hangs up. */
export interface Patience {
  /** For a TLS handshake. */
  readonly handshakeMs: number;
  /** For the head of an HTTP request, and for all of it. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** For MQTT's CONNECT. */
  readonly connectMs: number;
}

/** What Node and the broker library wait, apart from the handshake, to which Node gives two minutes. */
export const usualPatience: Patience = { handshakeMs: 30_000, headersMs: 60_000, requestMs: 300_000, connectMs: 30_000 };
