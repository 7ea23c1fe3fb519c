/** A pipe of datagrams of at most 1200 bytes, unreliable and unordered. */
export interface Carrier {
  /** A datagram came in (borrowed). */
  onDatagram: ((datagram: Uint8Array) => void) | undefined;
  /** Sends a datagram (borrowed), or drops it where there is no room. */
  send(datagram: Uint8Array): void;
  /** Resolves with the reason, for logs, once nothing comes any more. Never rejects. */
  readonly closed: Promise<string>;
  /** Idempotent. */
  close(): void;
}
