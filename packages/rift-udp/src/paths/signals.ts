/** An address of one side, as it is told to the other (`Candidate` of the signaling). */
export interface PathCandidate {
  /** Of an interface, as others see it (STUN), opened at a router, or of a relay, which is never told. */
  readonly kind: "local" | "reflexive" | "mapped" | "relay";
  /** Numeric, or a name. */
  readonly address: string;
  readonly port: number;
}

/** Where a server is: a numeric address or a name. */
export interface ServerPlace {
  readonly address: string;
  readonly port: number;
}

/** A relay, as the gateway tells it (`RelayOffer` of the signaling). */
export interface RelayPlace {
  /** Wavry ID. */
  readonly id: string;
  /** X25519, base64url. */
  readonly staticKey: string;
  /** UDP; one to four. */
  readonly addresses: readonly ServerPlace[];
  /** "wss://name[:port]/relay" */
  readonly tls?: string | undefined;
}

/** What both sides of a session are told by the gateway when it begins; can be sent to a thread. */
export interface PathTerms {
  /** The gateway's session. */
  readonly sessionId: string;
  /** The other side's addresses. */
  readonly candidates: readonly PathCandidate[];
  readonly relays?: readonly RelayPlace[] | undefined;
  readonly stun?: readonly ServerPlace[] | undefined;
}

/** How far a relay is. */
export interface RelayMeasurement {
  /** Its Wavry ID. */
  readonly relay: string;
  /** Null: no answer. */
  readonly rttMillis: number | null;
  readonly over: "udp" | "tls";
}

/** How a relay did for a session; to be signed by who has the identity. */
export interface RelayUse {
  readonly relay: string;
  readonly connected: boolean;
  readonly rttMillis: number | null;
  readonly lossPercent: number;
  readonly seconds: number;
}

/** What is to be told to the gateway; can be sent between threads. */
export type PathSignal =
  | { readonly type: "candidates"; readonly candidates: readonly PathCandidate[] }
  | {
      readonly type: "relay-request";
      readonly measured: readonly RelayMeasurement[];
      readonly renew?: true;
      readonly avoid?: readonly string[];
    }
  | { readonly type: "relay-report"; readonly use: RelayUse }
  /** This machine's addresses have changed: the connection to the gateway may be dead without a sign of it. */
  | { readonly type: "moved" };

/** What came from the gateway; can be sent between threads. */
export type PathNews =
  | { readonly type: "candidates"; readonly candidates: readonly PathCandidate[] }
  | {
      readonly type: "relay";
      readonly relay: RelayPlace;
      /** Base64url of `LEASE_BYTES`. */
      readonly lease: string;
    }
  /** A request for a relay failed. */
  | { readonly type: "relay-refused"; readonly code: string };

/** What a person wants of the paths of sessions. */
export interface PathOptions {
  /** "only": no address is told to the other side, and none is used but a relay's. "never": none. Default "auto". */
  readonly relay?: "auto" | "only" | "never" | undefined;
  /** Asks the router to open a port (PCP, NAT-PMP, UPnP); default false. */
  readonly mapPorts?: boolean | undefined;
  /** Tells loopback addresses, too; default: only where the machine has no others. */
  readonly loopback?: boolean | undefined;
}
