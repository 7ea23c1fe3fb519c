/** Which external port a NAT gives to a socket inside. RFC 4787 §4.1. */
export type Mapping = "endpoint-independent" | "address-and-port-dependent";

/** Who outside may send to a mapping. RFC 4787 §5. */
export type Filtering = "endpoint-independent" | "address-dependent" | "address-and-port-dependent";

/** A NAT in the words of RFC 4787. */
export interface Nat {
  readonly mapping: Mapping;
  readonly filtering: Filtering;
  /** A machine inside reaches another inside through its external address, and is seen from its own (§6). */
  readonly hairpins: boolean;
  /** false: UDP is dropped without a word, and of TCP only port 443 passes. */
  readonly passesUdp: boolean;
  /** A mapping without outgoing packets for so long is gone. Whole seconds, from 1. */
  readonly lifetimeSeconds: number;
}

/** What home routers do most: one port for all, open to those that were sent to. */
export const USUAL_NAT: Nat = {
  mapping: "endpoint-independent",
  filtering: "address-and-port-dependent",
  hairpins: false,
  passesUdp: true,
  lifetimeSeconds: 120,
};
