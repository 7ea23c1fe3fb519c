import type { ConnectFailure } from "../events.ts";

/** Connecting did not work out. */
export class ConnectError extends Error {
  readonly code: ConnectFailure;

  constructor(code: ConnectFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ConnectError";
    this.code = code;
  }
}
