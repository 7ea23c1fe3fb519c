/** What the TLS door counts. */
export interface TlsCounters {
  /** Connections that were taken; and those that were not, as there were too many in all, of a network, or at once. */
  accepted: number;
  refusedFull: number;
  refusedNetwork: number;
  refusedRate: number;
  /** TLS handshakes that failed. */
  tlsErrors: number;
  /** WebSockets that were opened; requests that asked for none. */
  upgraded: number;
  requests: number;
  /** Connections that were cut: late with TLS or the request, never admitted, idle, not reading, pushed out by others, against the rules. */
  cutHandshake: number;
  cutStranger: number;
  cutIdle: number;
  cutStalled: number;
  cutPushedOut: number;
  cutUnruly: number;
  /** How often reading was paused for a connection that sent more than it may. */
  paused: number;
  /** Datagrams that were taken, sent, and dropped as their connection was slow or gone. */
  received: number;
  sent: number;
  dropped: number;
}

/** All zero. */
export function newTlsCounters(): TlsCounters {
  return {
    ...{ accepted: 0, refusedFull: 0, refusedNetwork: 0, refusedRate: 0, tlsErrors: 0 },
    ...{ upgraded: 0, requests: 0, cutHandshake: 0, cutStranger: 0, cutIdle: 0, cutStalled: 0 },
    ...{ cutPushedOut: 0, cutUnruly: 0, paused: 0, received: 0, sent: 0, dropped: 0 },
  };
}
