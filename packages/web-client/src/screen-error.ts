/** Why a screen could not be shown, or is not shown any longer. */
export type ScreenErrorCode =
  /** The browser lacks something; the message says what. */
  | "unsupported-browser"
  /** The identity of this browser cannot be read or stored. */
  | "identity-failed"
  /** What came was not signed by the host that was granted. */
  | "wrong-identity"
  /** The host has another key than the pinned one. */
  | "key-changed"
  /** No transport reached the host. */
  | "unreachable"
  /** The host, or the person at it, said no. */
  | "refused"
  /** The host ended the session. */
  | "host-closed"
  /** This browser opened the screen elsewhere, such as in another tab. */
  | "replaced"
  /** The connection was lost and did not come back. */
  | "lost"
  /** The page gave up. */
  | "aborted"
  /** Something broke on this side. */
  | "failed";

/** A screen failed. Errors of the gateway keep their own codes, such as "no-grant" or "host-offline" (GatewayError). */
export class ScreenError extends Error {
  override readonly name = "ScreenError";
  readonly code: ScreenErrorCode | (string & {});
  /** The Wavry ID of the host whose key has changed. */
  readonly host: string | undefined;

  constructor(
    code: ScreenErrorCode | (string & {}),
    message: string,
    options: ErrorOptions & { readonly host?: string } = {},
  ) {
    super(message, options);
    this.code = code;
    this.host = options.host;
  }
}

/** The code and the message of whatever was thrown, for events and pages, and which host it is about if it says so. */
export function describeError(error: unknown): {
  readonly code: string;
  readonly message: string;
  readonly host?: string;
} {
  if (error instanceof Error) {
    const { code, message } = error as { code?: unknown; message: string };
    const host = error instanceof ScreenError ? error.host : undefined;
    return {
      ...{ code: typeof code === "string" ? code : "failed", message },
      ...(host !== undefined && { host }),
    };
  }
  return { code: "failed", message: String(error) };
}
