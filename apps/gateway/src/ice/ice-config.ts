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
