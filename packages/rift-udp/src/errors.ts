/** Why an endpoint could not be opened. */
export type EndpointErrorCode = "port-in-use" | "address-unavailable" | "not-permitted" | "failed";

/** The socket could not be opened; the message says what to do. */
export class EndpointError extends Error {
  readonly code: EndpointErrorCode;

  constructor(code: EndpointErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EndpointError";
    this.code = code;
  }
}

/** Turns a socket error of `bind` into an EndpointError. */
export function toEndpointError(cause: unknown, address: string, port: number): EndpointError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const where = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  switch (code) {
    case "EADDRINUSE":
      return new EndpointError(
        "port-in-use",
        `UDP port ${port} is taken by another program: end it or choose another port`,
        { cause },
      );
    case "EADDRNOTAVAIL":
      return new EndpointError("address-unavailable", `this machine has no address ${address}`, {
        cause,
      });
    case "EACCES":
    case "EPERM":
      return new EndpointError(
        "not-permitted",
        `not permitted to open UDP ${where}: choose a port from 1024 on`,
        { cause },
      );
    default:
      return new EndpointError("failed", `cannot open UDP ${where}: ${String(code ?? cause)}`, {
        cause,
      });
  }
}
