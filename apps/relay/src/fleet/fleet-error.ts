/** Why a heartbeat was not taken: one of these, or what the gateway says, such as "wrong-clock". */
export type FleetErrorCode = "bad-url" | "unreachable" | "bad-answer" | "wrong-key" | (string & {});

/** The gateway of a relay could not be told that it is there; the message says what to do. */
export class FleetError extends Error {
  readonly code: FleetErrorCode;
  /** When to come back, if the gateway said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: FleetErrorCode,
    message: string,
    options: ErrorOptions & { readonly retryAfterSeconds?: number | undefined } = {},
  ) {
    super(message, options);
    this.name = "FleetError";
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
