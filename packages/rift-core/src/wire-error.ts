/** Why bytes from a peer were refused. The strings are stable and safe to count and log. */
export type WireErrorCode = "truncated" | "malformed" | "limit" | "unsupported";

/** The only error that a peer's bytes can cause in a codec (docs/style.md, "Errors"). */
export class WireError extends Error {
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "WireError";
    this.code = code;
  }
}
