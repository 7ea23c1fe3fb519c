/** More about a failure. */
export interface GatewayErrorDetails {
  /** HTTP status; undefined where there was no answer. */
  readonly status?: number | undefined;
  /** Names the request in the gateway's log. */
  readonly requestId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/**
 * Something with the gateway failed. `code` is the gateway's own, such as "sign-in-required" or "no-grant", or one of
 * this side's: "unreachable", "bad-answer", "wrong-issuer", "key-changed", "wrong-host", "wrong-certificate", "timeout",
 * "aborted", "closed", "busy", "credentials-damaged", "credentials-permissions", "credentials-unwritable".
 * The message is for people and holds no secret.
 */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  /** Stable, for programs. */
  readonly code: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: string, message: string, details: GatewayErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.requestId = details.requestId;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}
