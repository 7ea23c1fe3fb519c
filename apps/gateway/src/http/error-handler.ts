import type { ErrorBody } from "@wavry/signaling";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { ApiError } from "../gateway-error.ts";
import type { App } from "./app.ts";

const TOO_MANY = 429;

/** Every failure becomes an ErrorBody; what was not foreseen is logged and tells the caller nothing but its request ID. */
export function handleErrors(app: App): void {
  app.setNotFoundHandler((request, reply) => {
    void reply.code(404).send(body("not-found", "there is nothing here", request.id));
  });
  app.setErrorHandler((error: FastifyError | ApiError, request, reply) => {
    if (error instanceof ApiError) {
      if (error.status >= 500) request.log.error({ err: error }, "request failed");
      if (error.retryAfterSeconds !== undefined)
        reply.header("retry-after", String(error.retryAfterSeconds));
      return reply
        .code(error.status)
        .send(body(error.code, error.message, request.id, error.retryAfterSeconds));
    }
    const status = error.statusCode ?? 500;
    if (status >= 500) {
      request.log.error({ err: error }, "request failed");
      return reply
        .code(500)
        .send(body("internal", "something went wrong here; try again later", request.id));
    }
    const code =
      status === TOO_MANY
        ? "too-many-requests"
        : error.validation === undefined
          ? "bad-request"
          : "invalid";
    return reply.code(status).send(body(code, error.message, request.id));
  });
}

/** Answers a URL that Fastify itself refuses, before any route is found: broken escapes, segments that are too long. */
export function refuseUrl(
  _error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  void reply
    .code(400)
    .type("application/json; charset=utf-8")
    .send(JSON.stringify(body("bad-request", "this is no address of anything here", request.id)));
}

function body(
  code: string,
  message: string,
  requestId: string,
  retryAfterSeconds?: number,
): ErrorBody {
  return {
    error: {
      code,
      message,
      requestId,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    },
  };
}
