import type { FastifyRequest } from "fastify";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { sameSecret } from "../keys.ts";
import { countUp, forget, maxOf, tooMany } from "../limits/limiter.ts";
import { networkOf } from "../limits/network.ts";

const BEARER = /^Bearer +([^ ]+)$/i;
const STRONG = /^[\x21-\x7e]{32,512}$/;
/** Tries of one network. Right ones start it anew; the window is short, as it holds for who has the token too. */
const TRIES = { name: "admin-token", max: 20, windowMillis: 60_000 };
/** The use of the token from one address is written down as often. */
const NOTED_EVERY_MS = 3_600_000;

/** Throws a RangeError for a token that could be guessed or cannot be sent. */
export function requireStrongToken(token: string | undefined): void {
  if (token !== undefined && !STRONG.test(token))
    throw new RangeError(
      "ADMIN_PANEL_TOKEN must have 32 to 512 characters without blanks, such as `openssl rand -hex 32` prints",
    );
}

/** What a request shows as ADMIN_PANEL_TOKEN: `x-admin-token`, or a bearer token that is no sign-in's. */
export function givenToken(request: FastifyRequest): string | undefined {
  const header = request.headers["x-admin-token"];
  if (typeof header === "string") return header;
  if (request.caller !== undefined) return undefined;
  return BEARER.exec(request.headers.authorization ?? "")?.[1];
}

/** Throws 401 "wrong-token", or 429 after too many wrong ones. A try is counted before it is looked at. */
export async function admitToken(
  context: Context,
  request: FastifyRequest,
  token: string,
): Promise<void> {
  const expected = context.config.adminPanelToken;
  const network = networkOf(request.ip);
  const { count, retryAfterSeconds } = await countUp(context, TRIES, network);
  if (count > maxOf(context, TRIES)) throw tooMany(retryAfterSeconds);
  if (expected === undefined || !sameSecret(token, expected)) {
    await context.audit.record({ actor: "", address: request.ip, action: "admin.token-refused" });
    throw new ApiError(401, "wrong-token", "this is not the administration token");
  }
  await forget(context, TRIES, network);
  const first = await context.bus
    .once(`admin-token-noted:${network}`, NOTED_EVERY_MS)
    .catch(() => false);
  if (first)
    await context.audit.record({ actor: "token", address: request.ip, action: "admin.token-used" });
}
