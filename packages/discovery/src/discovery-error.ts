/** Why the local network cannot be searched or told. */
export type DiscoveryErrorCode = "unavailable";

/** What keeps discovery from working; the message says what to do. */
export class DiscoveryError extends Error {
  readonly code: DiscoveryErrorCode;

  constructor(code: DiscoveryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DiscoveryError";
    this.code = code;
  }
}
