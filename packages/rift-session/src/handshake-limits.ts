/** How much a host does for those who knock (spec/rift.md §3.5). */
export const HANDSHAKE_LIMITS = {
  /**
   * Checks of a proof under one key, for all initiations together; each takes less than half a microsecond, and an
   * initiation as many as devices are paired: for four, checking is cheaper than answering. Where they are used up
   * every initiation wants a cookie …
   */
  proofChecks: { burst: 40_000, perSecond: 500_000 },
  /** … for so long. */
  loadedMicros: 1_000_000,
  /** The same for those that have a cookie. Beyond them they are dropped: the processor is for the sessions that are open. */
  cookieProofChecks: { burst: 20_000, perSecond: 200_000 },
  /** The same while pairing, where an initiation takes as many as links are live, with a cookie or without. */
  pairingProofChecks: { burst: 40_000, perSecond: 400_000 },
  /** Handshakes that are opened without a cookie, finished, half open or failed: more want a cookie. */
  opens: { burst: 64, perSecond: 200 },
  /**
   * Cookie replies to who knows the host's static key: more than the largest flood that is to be withstood, or a device
   * would have to be lucky to get one.
   */
  cookieReplies: { burst: 12_000, perSecond: 120_000 },
  /** Cookie replies under one secret: who has got hold of a pairing link keeps no other from pairing. */
  pairingCookieReplies: { burst: 10_000, perSecond: 10_000 },
  /** How often a half-open handshake repeats its response: a client that tries several addresses knocks at each. */
  responses: { burst: 8, perSecond: 20 },
  /** Handshakes of one network that has shown to receive what is sent to it. */
  handshakes: { burst: 500, perSecond: 100 },
  /** Networks whose handshakes are counted. */
  maxNetworks: 4_096,
} as const;
