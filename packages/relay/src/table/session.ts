import type { Micros } from "@wavry/rift-core";
import type { Address } from "../address.ts";
import type { RelaySide } from "../lease.ts";
import type { Party } from "./parties.ts";

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
  rateKbps: number;
  /** Its place in the table of routes, which has its times and supplies. */
  readonly route: number;
  readonly identity: Party;
  network: Party;
}
