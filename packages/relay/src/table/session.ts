import type { Micros } from "@wavry/rift-core";
import type { Address } from "../address.ts";
import type { RelaySide } from "../lease.ts";
import type { Party } from "./parties.ts";
import type { TokenBucket } from "./token-bucket.ts";

/** Two devices that a gateway introduced; one or both of them are here. */
export interface RelaySession {
  /** The gateway's session ID, base64url. */
  readonly id: string;
  /** Identity keys, base64url: the client's, the host's. */
  readonly keys: readonly [string, string];
  /** When the first side came. */
  readonly openedAt: Micros;
  readonly sides: [AdmittedSide | undefined, AdmittedSide | undefined];
}

/** A side that was admitted. All that a relay knows of it, and no key of what it sends. */
export interface AdmittedSide {
  readonly session: RelaySession;
  readonly side: RelaySide;
  /** In the head of what it sends and gets. */
  readonly channel: number;
  /** The other side. */
  peer: AdmittedSide | undefined;
  /** Where it proved to be; sent to as it is. */
  at: Address;
  /** base64url. */
  leaseId: string;
  /** The number of the admission that holds. */
  number: number;
  /** Makes codes; 32 bytes. */
  codeKey: Uint8Array;
  /** When its lease ends, leeway included, in monotonic time. */
  expiresAt: Micros;
  heardAt: Micros;
  rateKbps: number;
  /** Bytes that it may send. */
  bytes: TokenBucket;
  readonly identity: Party;
  network: Party;
}
