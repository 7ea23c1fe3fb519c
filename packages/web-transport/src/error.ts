/** Why something cannot be done. The strings are stable. */
export type WebTransportErrorCode =
  | "port-in-use"
  | "address-unavailable"
  | "not-permitted"
  | "native-missing"
  | "bad-certificate"
  | "closed"
  | "failed";

/** What this package reports to its user; the message says what to do. A peer's bytes never cause one. */
export class WebTransportError extends Error {
  readonly code: WebTransportErrorCode;

  constructor(code: WebTransportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "WebTransportError";
    this.code = code;
  }
}

/** Turns the error of a socket's `bind` into one of ours. */
export function toBindError(cause: unknown, address: string, port: number): WebTransportError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const where = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  switch (code) {
    case "EADDRINUSE":
      return new WebTransportError(
        "port-in-use",
        `UDP port ${port} is taken by another program: end it or choose another port`,
        { cause },
      );
    case "EADDRNOTAVAIL":
      return new WebTransportError(
        "address-unavailable",
        `this machine has no address ${address}`,
        { cause },
      );
    case "EACCES":
    case "EPERM":
      return new WebTransportError(
        "not-permitted",
        `not permitted to open UDP ${where}: choose a port from 1024 on`,
        { cause },
      );
    default:
      return new WebTransportError("failed", `cannot open UDP ${where}: ${code ?? cause}`, {
        cause,
      });
  }
}
