import { MAX_SOCKET_MESSAGE_BYTES } from "@wavry/signaling";
import type { FastifyRequest } from "fastify";

/** How @fastify/websocket serves /ws. */
export const SOCKET_SERVER: {
  readonly options: { readonly maxPayload: number; readonly perMessageDeflate: false };
  readonly preClose: (done: () => void) => void;
  readonly errorHandler: (error: Error, socket: unknown, request: FastifyRequest) => void;
} = {
  options: {
    maxPayload: MAX_SOCKET_MESSAGE_BYTES,
    // Memory for each socket, and lengths that tell of secrets; the messages are short.
    perMessageDeflate: false,
  },
  // The hub closes its sockets itself, with a code that tells devices to come back.
  preClose: (done) => done(),
  // What a peer sends wrong is no failure of ours: `ws` closes that socket with the right code.
  errorHandler: (error, _socket, request) => {
    request.log.debug({ err: error }, "a WebSocket failed");
  },
};
