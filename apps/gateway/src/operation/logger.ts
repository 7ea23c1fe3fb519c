import type { FastifyRequest } from "fastify";
import { type DestinationStream, type Logger, pino } from "pino";
import type { GatewayConfig } from "../gateway-config.ts";

/** As long as a token of 256 bits or longer, in any text encoding of one word. Wavry IDs are public. */
const SECRET_SEGMENT = /^(?!wavry1)[A-Za-z0-9_~.=-]{40,}$/;
const SECRET_NAMES = ["authorization", "cookie", "password", "secret", "token"];
const HIDDEN = "[hidden]";
const STDERR = 2;

/** Writes JSON lines to stderr, or to `stream`. Credentials do not get in, even where somebody logs a whole object. */
export function createLogger(
  level: GatewayConfig["logLevel"],
  stream: DestinationStream = pino.destination({ fd: STDERR, sync: true }),
): Logger {
  const options = {
    level,
    base: null,
    redact: {
      paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.headers.${name}`]),
      censor: HIDDEN,
    },
    serializers: { req: describeRequest, err: describeError, error: describeError },
  };
  return pino(options, stream);
}

/** A request's URL without what may be a secret in it: the values of its query, and path segments like tokens. */
export function visibleUrl(url: string): string {
  const [path = "", query] = url.split(/\?(.*)/s, 2);
  const segments = path.split("/").map((part) => (SECRET_SEGMENT.test(part) ? HIDDEN : part));
  const names = query === undefined ? "" : `?${query.replaceAll(/=[^&]*/g, `=${HIDDEN}`)}`;
  return `${segments.join("/")}${names}`.slice(0, 500);
}

function describeRequest(request: Partial<FastifyRequest>): Record<string, unknown> {
  return {
    method: request.method,
    url: request.url === undefined ? undefined : visibleUrl(request.url),
    address: request.ip,
  };
}

/** Only what is known to hold no row of the database: drivers hang much more on their errors. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return String(error);
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    ...{ type: name, code, message, stack },
    ...(cause !== undefined && depth < 3 && { cause: describeError(cause, depth + 1) }),
  };
}
