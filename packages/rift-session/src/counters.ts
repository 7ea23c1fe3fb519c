/** Datagrams that were dropped without an answer, by cause, and what else an operator wants to see. */
export interface EndpointCounters {
  /** Shorter, longer or otherwise not what a RIFT packet looks like. */
  malformed: number;
  /** A version, pattern or packet type that we do not speak. */
  unsupported: number;
  /** An initiation whose gate is wrong: its sender does not know this host. */
  ungated: number;
  /** An initiation whose proof no paired device and no live pairing secret explains, or that there was no time to check. */
  unproven: number;
  /** A recorded initiation that was played again. */
  replayedInitiation: number;
  /** An initiation that was answered with a cookie, as there were too many. */
  cookieSent: number;
  /** A half-open handshake that made room for a newer one, or that ran out of time. */
  halfOpenEvicted: number;
  halfOpenExpired: number;
  /** A handshake message that did not verify. */
  badHandshake: number;
  /** A peer that proved to be another than the one whose key it started with. */
  peerMismatch: number;
  /** No room for a connection, or a supply of handshakes or cookie replies that is used up. */
  refused: number;
  /** A packet for a connection that is not there. */
  unknownConnection: number;
  /** A key epoch that is not in use. */
  wrongEpoch: number;
  /** A packet that does not verify. */
  unauthentic: number;
  /** A packet number that came in before, or that is too old to tell. */
  replayed: number;
  /** An authentic packet with content that is not to be understood. */
  badContent: number;
  /** An authentic packet on a channel, or of a kind, that this version does not know. */
  unknownContent: number;
  /** Fragments of updates that came too late, twice, or that did not fit together. */
  uselessFragment: number;
  /** Updates and input datagrams that a newer one replaced before they were sent. */
  replacedUpdate: number;
  replacedInput: number;
  handshakesCompleted: number;
}

/** Counters at zero. */
export function newCounters(): EndpointCounters {
  return {
    malformed: 0,
    unsupported: 0,
    ungated: 0,
    unproven: 0,
    replayedInitiation: 0,
    cookieSent: 0,
    halfOpenEvicted: 0,
    halfOpenExpired: 0,
    badHandshake: 0,
    peerMismatch: 0,
    refused: 0,
    unknownConnection: 0,
    wrongEpoch: 0,
    unauthentic: 0,
    replayed: 0,
    badContent: 0,
    unknownContent: 0,
    uselessFragment: 0,
    replacedUpdate: 0,
    replacedInput: 0,
    handshakesCompleted: 0,
  };
}
