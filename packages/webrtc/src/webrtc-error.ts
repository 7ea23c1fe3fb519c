/** Why a WebRTC peer refused. The strings are stable. */
export type WebRtcErrorCode =
  /** No native library for this system, or another thread of this process has it. */
  | "unavailable"
  /** A description or candidate of the other side is not what it should be. */
  | "malformed"
  /** It is more than is accepted. */
  | "limit"
  /** The native library failed. */
  | "failed"
  /** The peer is closed. */
  | "closed";

/** The only error class of this package; the message never holds a password. */
export class WebRtcError extends Error {
  readonly code: WebRtcErrorCode;

  constructor(code: WebRtcErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "WebRtcError";
    this.code = code;
  }
}
