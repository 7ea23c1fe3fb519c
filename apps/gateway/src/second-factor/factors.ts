import type { FactorMethod, FactorProof } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { admitGuess, forgiveGuesses, TOTP_GUESSES } from "../limits/guess-limits.ts";
import type { UserRow } from "../store/schema.ts";
import { listPasskeys, takePasskey } from "./passkeys.ts";
import { recoveryCodesLeft, takeRecoveryCode } from "./recovery-codes.ts";
import { takeTotp } from "./totp.ts";

/** True if signing in with a password takes a second step. */
export async function hasSecondFactor(context: Context, user: UserRow): Promise<boolean> {
  return user.totp_confirmed_at !== null || (await listPasskeys(context, user.id)).length > 0;
}

/** How an account can show its second factor; empty if it has none. */
export async function factorMethods(context: Context, user: UserRow): Promise<FactorMethod[]> {
  const methods: FactorMethod[] = [];
  if (user.totp_confirmed_at !== null) methods.push("totp");
  if ((await listPasskeys(context, user.id)).length > 0) methods.push("passkey");
  if (methods.length > 0 && (await recoveryCodesLeft(context, user.id)) > 0)
    methods.push("recovery-code");
  return methods;
}

/** Who shows a factor, and from where. */
export interface FactorShown {
  readonly user: UserRow;
  readonly proof: FactorProof;
  readonly address: string;
  /** A browser that the owner used before. */
  readonly deviceId: string | undefined;
}

/** Takes one factor, once. Throws 401 "wrong-code" or "passkey-refused", 429 "too-many-requests", 400. */
export async function takeFactor(
  context: Context,
  { user, proof, address, deviceId }: FactorShown,
): Promise<FactorMethod> {
  const given = [proof.totp, proof.recoveryCode, proof.passkey].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw new ApiError(400, "invalid", "give exactly one of totp, recoveryCode and passkey");
  if (proof.passkey !== undefined) {
    await takePasskey(context, proof.passkey, user.id);
    return "passkey";
  }
  if (proof.recoveryCode !== undefined) {
    if (await takeRecoveryCode(context, user.id, proof.recoveryCode)) return "recovery-code";
    throw wrongCode();
  }
  const guess = { account: user.id, address, deviceId };
  await admitGuess(context, TOTP_GUESSES, guess);
  if (!(await takeTotp(context, user, proof.totp!))) throw wrongCode();
  await forgiveGuesses(context, TOTP_GUESSES, guess);
  return "totp";
}

/** 401: tells nothing but that it did not work. */
export function wrongCode(): ApiError {
  return new ApiError(401, "wrong-code", "this code is wrong or was used; wait for the next one");
}
