/** How much a host does for those who knock (spec/rift.md §3.5). */
export const HANDSHAKE_LIMITS = {
  /**
   * Checks of a proof under one key, for all initiations together; each takes about a microsecond. Beyond them
   * initiations are dropped unread, so that a flood leaves the processor to the sessions that are open.
   */
  proofChecks: { burst: 40_000, perSecond: 400_000 },
  /** Handshakes that are opened without a cookie, finished, half open or failed: more want a cookie. */
  opens: { burst: 64, perSecond: 200 },
  /** Cookie replies under one key: who has got hold of one pairing link or device keeps no other from connecting. */
  cookieReplies: { burst: 10_000, perSecond: 10_000 },
  /** How often a half-open handshake repeats its response: a client that tries several addresses knocks at each. */
  responses: { burst: 8, perSecond: 20 },
  /** Handshakes of one network that has shown to receive what is sent to it. */
  handshakes: { burst: 500, perSecond: 100 },
  /** Networks whose handshakes are counted. */
  maxNetworks: 4_096,
} as const;
