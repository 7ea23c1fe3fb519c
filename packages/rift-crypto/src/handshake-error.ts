/** Why a handshake failed. To the peer they all look the same: silence. */
export type HandshakeErrorCode =
  /** A message does not decrypt: another key or secret, or damage. */
  | "not-authentic"
  /** A message is too short or too long. */
  | "malformed"
  /** A public key gives no secret. */
  | "invalid-key"
  /** The certificate does not bind the static key to a Wavry ID. */
  | "bad-certificate";

/** The only error that a peer's handshake bytes can cause. */
export class HandshakeError extends Error {
  readonly code: HandshakeErrorCode;

  constructor(code: HandshakeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HandshakeError";
    this.code = code;
  }
}
