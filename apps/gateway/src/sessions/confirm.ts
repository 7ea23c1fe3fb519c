import type { Confirmation, SignedIn } from "@wavry/signaling";
import { verifyPassword } from "../accounts/password-hash.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { actorOf, type Caller } from "../http/caller.ts";
import { admitGuess, forgiveGuesses, PASSWORD_GUESSES } from "../limits/guess-limits.ts";
import { knownDevice } from "../limits/known-device.ts";
import { hasSecondFactor, takeFactor } from "../second-factor/factors.ts";
import { type Exchange, renewSession } from "./open-session.ts";

/**
 * Proves again who is signed in: by a second factor where the account has one, by the password otherwise. The session
 * gets a new token. Throws 401 "wrong-credentials", "wrong-code", "passkey-refused"; 403 "second-factor-required"; 429.
 */
export async function confirmSession(
  context: Context,
  exchange: Exchange,
  caller: Caller,
  { password, ...proof }: Confirmation,
): Promise<SignedIn> {
  const { request } = exchange;
  const { user } = caller;
  const secondFactor = await hasSecondFactor(context, user);
  const deviceId = knownDevice(context, request, user.id) ?? caller.session.id;
  try {
    if (secondFactor) {
      if (password !== undefined)
        throw new ApiError(403, "second-factor-required", "confirm with your second factor");
      await takeFactor(context, { user, proof, address: request.ip, deviceId });
    } else await takePassword(context, { caller, password, address: request.ip, deviceId });
  } catch (error) {
    if (error instanceof ApiError && error.status === 401)
      await context.audit.record({
        ...actorOf(request),
        action: "session.confirmation-refused",
        target: caller.session.id,
      });
    throw error;
  }
  await context.audit.record({
    ...actorOf(request),
    action: "session.confirmed",
    target: caller.session.id,
  });
  return await renewSession(context, exchange, caller, { confirmed: true, secondFactor });
}

async function takePassword(
  context: Context,
  wish: { caller: Caller; password: string | undefined; address: string; deviceId: string },
): Promise<void> {
  const { caller, password, address, deviceId } = wish;
  if (password === undefined) throw new ApiError(400, "invalid", "give the password");
  const guess = { account: caller.user.email, address, deviceId };
  await admitGuess(context, PASSWORD_GUESSES, guess);
  if (!(await verifyPassword(password, caller.user.password_hash)))
    throw new ApiError(401, "wrong-credentials", "the password is wrong");
  await forgiveGuesses(context, PASSWORD_GUESSES, guess);
}
