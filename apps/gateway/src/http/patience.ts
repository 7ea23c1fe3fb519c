import type { Socket } from "node:net";
import type { ErrorBody } from "@wavry/signaling";

/** How long callers may take over a request, ms. */
export interface Patience {
  /** For the head, from the connection or from the request before on. */
  readonly headMillis: number;
  /** For head and body. Not below `headMillis`: Node would swap the two. */
  readonly requestMillis: number;
  /** Without a byte either way, while an answer is due. */
  readonly idleMillis: number;
  /** How often it is looked who is late. */
  readonly checkEveryMillis: number;
}

/** What callers get unless a test is in a hurry. */
export const PATIENCE: Patience = {
  headMillis: 10_000,
  requestMillis: 15_000,
  idleMillis: 60_000,
  checkEveryMillis: 1_000,
};

/** What Fastify and Node make of it. Node alone would look every 30 s, and wait 60 s for a head. */
export function patienceOptions(patience: Patience): {
  readonly requestTimeout: number;
  readonly connectionTimeout: number;
  readonly http: { readonly headersTimeout: number; readonly connectionsCheckingInterval: number };
} {
  const { headMillis, requestMillis, idleMillis, checkEveryMillis } = patience;
  return {
    requestTimeout: requestMillis,
    connectionTimeout: idleMillis,
    http: { headersTimeout: headMillis, connectionsCheckingInterval: checkEveryMillis },
  };
}

const HTTP_FAILURES: Readonly<
  Record<string, readonly [status: string, code: string, message: string]>
> = {
  ERR_HTTP_REQUEST_TIMEOUT: [
    "408 Request Timeout",
    "request-timeout",
    "the request did not come in time",
  ],
  HPE_HEADER_OVERFLOW: [
    "431 Request Header Fields Too Large",
    "head-too-large",
    "the request's head is too large",
  ],
};

/** Answers what never became a request, and closes its connection. */
export function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const [status, code, message] = HTTP_FAILURES[error.code ?? ""] ?? [
    "400 Bad Request",
    "bad-request",
    "this is no HTTP request",
  ];
  const body: ErrorBody = { error: { code, message, requestId: "" } };
  const text = JSON.stringify(body);
  // Half an answer may be on its way: then nothing that we add would be understood.
  if (socket.writable && socket.bytesWritten === 0)
    socket.write(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`,
    );
  socket.destroySoon();
}
