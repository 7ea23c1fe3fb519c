/** Words (32 bits) of an address as the shell compares it: a zero-padded `sockaddr_in6` or whatever it likes. */
export const ADDRESS_WORDS = 7;

/**
 * A route: all that a datagram of one side needs, in 32 words.
 *
 *     0  version: odd while it is written     1  channel, 0: free     2  the other side's channel, 0: not there
 *     4  identity     5  network     6–12  the side's address     13–19  the other side's address
 *    20  the lease's end   22  heard at   24  bytes left   26  as of   28  bytes a second   30  the other lease's end   (doubles)
 */
export const ROUTE_WORDS = 32;
export const Word = {
  version: 0,
  channel: 1,
  peerChannel: 2,
  identity: 4,
  network: 5,
  at: 6,
  peerAt: 13,
} as const;
/** Doubles of a route, counted from its start. */
export const Double = {
  expiresAt: 10,
  heardAt: 11,
  bytes: 12,
  bytesAt: 13,
  perSecond: 14,
  peerExpiresAt: 15,
} as const;

/** Doubles of a party: packets left, as of; admissions left, as of. */
export const PARTY_DOUBLES = 4;
export const ADMISSIONS_AT = 2;

/** How many routes and parties there may be. */
export interface RouteBounds {
  readonly sides: number;
  readonly identities: number;
  readonly networks: number;
}

/** Where each part begins in memory, in bytes. */
export interface RouteLayout {
  readonly indexSize: number;
  readonly routesAt: number;
  readonly identitiesAt: number;
  readonly networksAt: number;
  readonly bytes: number;
}

/** Lays out: an index by channel that stays three quarters empty, routes, identities, networks. */
export function layoutOf({ sides, identities, networks }: RouteBounds): RouteLayout {
  const indexSize = 2 ** Math.ceil(Math.log2(sides * 2 + 2));
  const routesAt = indexSize * 4;
  const identitiesAt = routesAt + sides * ROUTE_WORDS * 4;
  const networksAt = identitiesAt + identities * PARTY_DOUBLES * 8;
  const bytes = networksAt + networks * PARTY_DOUBLES * 8;
  return { indexSize, routesAt, identitiesAt, networksAt, bytes };
}
