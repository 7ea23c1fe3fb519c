import type { BucketSize } from "@wavry/relay";

/** How much a relay takes over TLS (spec/relay.md §11). */
export interface TlsBounds {
  /** TCP connections in all, and of one network. */
  readonly connections: number;
  readonly connectionsOfNetwork: number;
  /** Connections that nobody was admitted on yet; the one that came first makes room. */
  readonly strangers: number;
  /** Connections that are taken, of all and of a network. A handshake is the dearest that a stranger can ask for. */
  readonly arrivals: BucketSize;
  readonly arrivalsOfNetwork: BucketSize;
  /** What a connection has for TLS and the request, from the first packet on, ms. */
  readonly handshakeMillis: number;
  /** What it has until somebody is admitted on it, from the first packet on or from the end of a session, ms. */
  readonly strangerMillis: number;
  /** An admitted connection that the relay has nothing to send to for so long is over, ms: a leg pings each 15 s. */
  readonly idleMillis: number;
  /** One that takes nothing of what waits for it for so long is over, ms. */
  readonly stalledMillis: number;
  /** Bytes that wait for a connection; what comes then is dropped. */
  readonly waitingBytes: number;
}

/** What holds unless it is told otherwise. */
export const TLS_BOUNDS: TlsBounds = {
  connections: 4_096,
  connectionsOfNetwork: 256,
  strangers: 512,
  arrivals: { burst: 400, perSecond: 200 },
  arrivalsOfNetwork: { burst: 64, perSecond: 16 },
  handshakeMillis: 10_000,
  strangerMillis: 20_000,
  idleMillis: 75_000,
  stalledMillis: 10_000,
  waitingBytes: 64 * 1_024,
};

/** Bytes that are read of a connection before anybody is admitted on it: a lease's admission has 356. */
export const STRANGER_BYTES: BucketSize = { burst: 64 * 1_024, perSecond: 32 * 1_024 };
/** What is read of an admitted one beyond what it may send, which the table counts; more waits at its sender. */
export const READ_AHEAD = 1.5;
/** The least that an admitted one may send at once. */
export const LEAST_READ_BYTES: number = 512 * 1_024;
/** What a message costs besides its bytes: empty ones are not free. */
export const MESSAGE_COST_BYTES = 64;
