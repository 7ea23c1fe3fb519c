/** Why the TLS door cannot be opened. */
export type TlsErrorCode = "bad-certificate" | "unreadable" | "cannot-listen";

/** The TLS door could not be opened; the message says what to do. */
export class TlsError extends Error {
  readonly code: TlsErrorCode;

  constructor(code: TlsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TlsError";
    this.code = code;
  }
}
