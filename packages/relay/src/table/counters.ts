/** What a relay counts (spec/relay.md §9). Datagrams, where nothing else is said. */
export interface RelayCounters {
  forwarded: number;
  forwardedBytes: number;
  /** Not what any datagram to a relay looks like. */
  malformed: number;
  /** Another version, or a kind that only peers take. */
  unsupported: number;
  /** Data or a ping on a channel that is not there. */
  unknownChannel: number;
  /** From another address than the side was admitted at. */
  wrongAddress: number;
  /** Data while the other side was not there. */
  noPeer: number;
  /** Over the rate of the lease. */
  overRate: number;
  /** Over the packets of the identity, and of the network. */
  overIdentity: number;
  overNetwork: number;
  challenges: number;
  /** Hellos and admissions for which a supply was used up. */
  unanswered: number;
  badCookie: number;
  /** An admission that does not open, or whose lease cannot be read. */
  unopened: number;
  /** A lease that the gateway did not sign. */
  forged: number;
  /** A proof that is not of the device that the lease names. */
  unproven: number;
  /** An admission that a later one outranks. */
  stale: number;
  /** A close with a wrong code. */
  unauthentic: number;
  pings: number;
  admitted: number;
  /** Admissions with a new lease, and from a new address. */
  renewed: number;
  moved: number;
  /** Admissions that were answered with a refusal, by why. */
  refusedExpired: number;
  refusedUsed: number;
  refusedFull: number;
  refusedDraining: number;
  refusedWrongRelay: number;
  refusedMismatched: number;
  /** Sessions that ended, by why. */
  endedClosed: number;
  endedExpired: number;
  endedIdle: number;
  endedShutdown: number;
}

/** Counters at zero. */
export function newRelayCounters(): RelayCounters {
  return {
    forwarded: 0,
    forwardedBytes: 0,
    malformed: 0,
    unsupported: 0,
    unknownChannel: 0,
    wrongAddress: 0,
    noPeer: 0,
    overRate: 0,
    overIdentity: 0,
    overNetwork: 0,
    challenges: 0,
    unanswered: 0,
    badCookie: 0,
    unopened: 0,
    forged: 0,
    unproven: 0,
    stale: 0,
    unauthentic: 0,
    pings: 0,
    admitted: 0,
    renewed: 0,
    moved: 0,
    refusedExpired: 0,
    refusedUsed: 0,
    refusedFull: 0,
    refusedDraining: 0,
    refusedWrongRelay: 0,
    refusedMismatched: 0,
    endedClosed: 0,
    endedExpired: 0,
    endedIdle: 0,
    endedShutdown: 0,
  };
}
