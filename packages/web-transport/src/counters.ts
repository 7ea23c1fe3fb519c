/** What happened at a server since it was opened. Each only grows. */
export interface Counters {
  /** UDP datagrams, and what left. */
  packetsReceived: number;
  packetsSent: number;
  sendErrors: number;
  /** Not QUIC, or of no connection that is known. */
  droppedMalformed: number;
  droppedUnknownConnection: number;
  /** Tokens that this server did not give, or to another address, or too long ago. */
  droppedBadToken: number;
  /** New connections over `limits.connections` or `connectionsPerAddress`. */
  droppedOverLimit: number;
  versionsNegotiated: number;
  retriesSent: number;
  connectionsAccepted: number;
  connectionsClosed: number;
  /** Connections that this server ended because their peer broke the rules. */
  protocolErrors: number;
  /** Path changes of peers that were validated. */
  migrations: number;
  sessionsAccepted: number;
  sessionsClosed: number;
  /** Requests answered with 403, with 404, or otherwise not with a session. */
  refusedOrigin: number;
  refusedPath: number;
  refusedRequest: number;
  /** WebTransport datagrams. */
  datagramsReceived: number;
  datagramsSent: number;
  /** Of no session that is open. */
  datagramsUnclaimed: number;
  /** Not sent: no room in the queue, or too long. */
  datagramsDropped: number;
  /** Streams of no session that is open. */
  streamsRejected: number;
}

/** All zero. */
export function newCounters(): Counters {
  return {
    ...{ packetsReceived: 0, packetsSent: 0, sendErrors: 0 },
    ...{ droppedMalformed: 0, droppedUnknownConnection: 0, droppedBadToken: 0 },
    ...{ droppedOverLimit: 0, versionsNegotiated: 0, retriesSent: 0 },
    ...{ connectionsAccepted: 0, connectionsClosed: 0, protocolErrors: 0, migrations: 0 },
    ...{ sessionsAccepted: 0, sessionsClosed: 0 },
    ...{ refusedOrigin: 0, refusedPath: 0, refusedRequest: 0 },
    ...{ datagramsReceived: 0, datagramsSent: 0, datagramsUnclaimed: 0, datagramsDropped: 0 },
    ...{ streamsRejected: 0 },
  };
}
