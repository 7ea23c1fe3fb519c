/** What a peer can make the server hold, and for how long. */
export interface Limits {
  /** Connections at once; a further one is not answered. */
  readonly connections: number;
  /** Connections at once from one IP address. */
  readonly connectionsPerAddress: number;
  /** Sessions at once on one connection; a further one is rejected. */
  readonly sessionsPerConnection: number;
  /** Streams of either direction that a peer may have open at once, of all its sessions. */
  readonly streams: number;
  /** Bytes of a stream that wait for the peer to take them; a write over it is not taken. */
  readonly sendBufferBytes: number;
  /** Bytes of one stream of the peer that wait to be read. */
  readonly receiveBufferBytes: number;
  /** The same of all streams of a connection. */
  readonly connectionReceiveBytes: number;
  /** Datagrams that wait to leave, and as many that came in at once. */
  readonly datagramQueue: number;
  /** Bytes of a request's headers, as HTTP counts them (32 for each field besides). */
  readonly fieldSectionBytes: number;
  /** A handshake that takes longer is given up; so is a connection without a session. */
  readonly handshakeMillis: number;
  /** A peer that says nothing for so long is gone. */
  readonly idleMillis: number;
  /** How often a connection with a session is kept alive. */
  readonly keepAliveMillis: number;
}

export const DEFAULT_LIMITS: Limits = {
  connections: 512,
  connectionsPerAddress: 64,
  sessionsPerConnection: 8,
  streams: 64,
  sendBufferBytes: 1 << 20,
  receiveBufferBytes: 1 << 18,
  connectionReceiveBytes: 1 << 20,
  datagramQueue: 1024,
  fieldSectionBytes: 16_384,
  handshakeMillis: 10_000,
  idleMillis: 20_000,
  keepAliveMillis: 4_000,
};

const MAXIMA: Limits = {
  ...{ connections: 65_536, connectionsPerAddress: 65_536, sessionsPerConnection: 1024 },
  ...{ streams: 65_536, sendBufferBytes: 1 << 30, receiveBufferBytes: 1 << 30 },
  ...{ connectionReceiveBytes: 1 << 30, datagramQueue: 65_536, fieldSectionBytes: 1 << 20 },
  ...{ handshakeMillis: 3_600_000, idleMillis: 3_600_000, keepAliveMillis: 3_600_000 },
};

/** Fills in the defaults. Throws RangeError where a limit is not a whole number from 1 to its maximum. */
export function toLimits(given: Partial<Limits> = {}): Limits {
  const limits = { ...DEFAULT_LIMITS, ...given };
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof Limits)[]) {
    const value = limits[name];
    if (!(Number.isInteger(value) && value >= 1 && value <= MAXIMA[name]))
      throw new RangeError(`limit ${name} is a whole number from 1 to ${MAXIMA[name]}`);
  }
  return limits;
}
