import type { IncomingMessage, ServerResponse } from "node:http";

/** Where a relay's WebSocket is. */
export const RELAY_PATH = "/relay";

/** Answers a request that asks for no WebSocket, and ends its connection. Nothing of the request is in it. */
export function answerRequest({ url }: IncomingMessage, response: ServerResponse): void {
  const isRelay = url === RELAY_PATH;
  const text = isRelay
    ? "This is a Wavry relay: it takes WebSocket connections only.\n"
    : "This is a Wavry relay: there is nothing to read here.\n";
  response.writeHead(isRelay ? 426 : 404, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": text.length,
    "cache-control": "no-store",
    connection: "close",
    ...(isRelay && { upgrade: "websocket" }),
  });
  response.end(text);
}
