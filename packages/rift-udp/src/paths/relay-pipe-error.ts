/** Why there is no pipe to a relay. */
export type RelayPipeErrorCode =
  | "bad-url"
  | "unreachable"
  | "certificate"
  | "refused"
  | "proxy"
  | "timeout"
  | "aborted";

/** A relay could not be reached over TLS; the message says what to do. */
export class RelayPipeError extends Error {
  readonly code: RelayPipeErrorCode;

  constructor(code: RelayPipeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RelayPipeError";
    this.code = code;
  }
}

/** What OpenSSL and Node call a certificate that is not trusted. */
const CERTIFICATE_CODES =
  /^(CERT_|ERR_TLS_CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET_ISSUER|VERIFY|GET_CRL)|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|OUT_OF_MEM)/;

/** Why a connection failed: by name, or by the error that Node told. */
export function relayPipeError(
  why: "bad-url" | "refused" | "timeout" | "aborted" | Error,
  target: URL | string,
  detail: { readonly status?: number | undefined; readonly timeoutMillis?: number } = {},
): RelayPipeError {
  const host = typeof target === "string" ? target : target.host;
  switch (why) {
    case "bad-url":
      // Whoever sent it may have put anything in.
      return new RelayPipeError(why, "a relay's TLS address is such as wss://relay.example/relay");
    case "aborted":
      return new RelayPipeError(why, `the connection to the relay at ${host} was given up`);
    case "timeout":
      return new RelayPipeError(
        why,
        `the relay at ${host} did not answer over TLS within ${(detail.timeoutMillis ?? 0) / 1_000} s`,
      );
    case "refused":
      return new RelayPipeError(
        why,
        `${host} does not answer over TLS as a relay does (status ${detail.status}); is the address right?`,
      );
  }
  const code = String((why as NodeJS.ErrnoException).code ?? "");
  const cause = { cause: why };
  if (CERTIFICATE_CODES.test(code))
    return new RelayPipeError(
      "certificate",
      `the certificate of the relay at ${host} is not trusted (${code}): its operator has to renew or mend it`,
      cause,
    );
  // What Node says of it has the password in it.
  if (code === "ERR_PROXY_INVALID_CONFIG")
    return new RelayPipeError(
      "proxy",
      "HTTPS_PROXY is not a URL such as http://proxy.example:8080",
    );
  if (code.startsWith("ERR_PROXY"))
    return new RelayPipeError(
      "proxy",
      `the proxy that HTTPS_PROXY names lets no connection to ${host} through: ${why.message}`,
      cause,
    );
  return new RelayPipeError(
    "unreachable",
    `the relay at ${host} cannot be reached over TLS (${code || why.message})`,
    cause,
  );
}
