/** Why a host does not take a grant. */
export type GrantErrorCode =
  /** Not a grant at all. */
  | "malformed"
  /** Not signed by the pinned key. */
  | "wrong-signature"
  | "wrong-gateway"
  | "wrong-host"
  | "wrong-client"
  /** Too old, or not valid yet by this clock. */
  | "expired"
  /** It opened a session before. */
  | "used";

/** A grant opens nothing. The message is for people. */
export class GrantError extends Error {
  override readonly name = "GrantError";
  /** Stable, for programs. */
  readonly code: GrantErrorCode;

  constructor(code: GrantErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
