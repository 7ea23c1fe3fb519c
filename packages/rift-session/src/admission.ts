import type { Micros } from "@wavry/rift-core";

/** Who the other side is; proven by the handshake. */
export interface PeerIdentity {
  readonly wavryId: string;
  /** Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array;
  /** X25519, 32 bytes. */
  readonly staticKey: Uint8Array;
  /** "known": the pinned key matched. "now": paired by this very handshake. */
  readonly paired: "known" | "now";
}

/** How a host decides whom to answer. Asked during the handshake; synchronous and cheap. */
export interface Admission {
  /** Paired devices. Read once and cached until `refreshAdmission`. */
  pairedStatics(): Iterable<{ readonly wavryId: string; readonly staticKey: Uint8Array }>;
  /** Live one-time pairing secrets, 16 bytes each. */
  pairingSecrets(now: Micros): Iterable<Uint8Array>;
  /** A new device proved a secret: the secret is used up, the peer is to be remembered. */
  onPaired(peer: PeerIdentity, secret: Uint8Array): void;
}

/** An endpoint's address; IPv4 in dotted form, IPv6 without brackets. */
export interface Address {
  readonly address: string;
  readonly port: number;
}
