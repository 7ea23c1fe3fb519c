/** Why a socket for STUN could not be opened, or whom to ask is not known. */
export type StunErrorReason =
  | "port-in-use"
  | "address-unavailable"
  | "not-permitted"
  | "unknown-host"
  | "failed";

/** What keeps STUN from working; the message says what to do. */
export class StunError extends Error {
  readonly code: StunErrorReason;

  constructor(code: StunErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StunError";
    this.code = code;
  }
}

/** Turns what `bind` failed with into a StunError. */
export function toStunError(cause: unknown, address: string, port: number): StunError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const where = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  switch (code) {
    case "EADDRINUSE":
      return new StunError(
        "port-in-use",
        `UDP port ${port} is taken by another program: end it or choose another port`,
        { cause },
      );
    case "EADDRNOTAVAIL":
      return new StunError("address-unavailable", `this machine has no address ${address}`, {
        cause,
      });
    case "EACCES":
    case "EPERM":
      return new StunError(
        "not-permitted",
        `not permitted to open UDP ${where}: choose a port from 1024 on`,
        { cause },
      );
    default:
      return new StunError("failed", `cannot open UDP ${where}: ${String(code ?? cause)}`, {
        cause,
      });
  }
}
