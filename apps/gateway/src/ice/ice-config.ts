/** Servers that help WebRTC to find a path; those of this gateway's operator. */
export interface IceConfig {
  /** `stun:host:3478`. */
  readonly stunUrls: readonly string[];
  /** Undefined: no relay. */
  readonly turn: TurnConfig | undefined;
}

/** A TURN server that takes credentials made with a secret that it shares with this gateway (coturn, `use-auth-secret`). */
export interface TurnConfig {
  /** `turn:host:3478?transport=udp`. */
  readonly urls: readonly string[];
  readonly secret: string;
}

/** The STUN server that a gateway runs itself. */
export interface OwnStunConfig {
  /** UDP port, on every address; 0 for any free one. */
  readonly port: number;
  /** Whether the gateway refuses to start without it. */
  readonly required: boolean;
}
