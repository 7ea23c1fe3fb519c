import type { Context } from "../context.ts";
import { countUp, forget, type Limit, maxOf, tooMany } from "./limiter.ts";
import { networkOf } from "./network.ts";

const MINUTE_MS = 60_000;

/** Whose secret is guessed at, and from where. */
export interface Guess {
  /** What names the account, whether it exists or not. */
  readonly account: string;
  readonly address: string;
  /** A browser that the owner used before; undefined for strangers. */
  readonly deviceId: string | undefined;
}

/** Limits of guesses at one kind of secret. */
export interface GuessRules {
  /** By one browser of the owner's. */
  readonly device: Limit;
  /** By strangers of one network at one account. */
  readonly stranger: Limit;
  /** By all strangers at one account. */
  readonly crowd: Limit;
  /** What is left to each network beyond the crowd's limit: never nothing, or else a crowd could lock the owner out. */
  readonly crowdedMax: number;
}

/** For passwords. */
export const PASSWORD_GUESSES: GuessRules = {
  device: { name: "password-device", max: 10, windowMillis: 15 * MINUTE_MS },
  stranger: { name: "password-stranger", max: 10, windowMillis: 15 * MINUTE_MS },
  crowd: { name: "password-crowd", max: 100, windowMillis: 60 * MINUTE_MS },
  crowdedMax: 2,
};

/**
 * For six digits, of which three are right at a time: 20 tries an hour find one in a day with p < 0.2 %. Strangers here
 * know the password already; the owner has browsers of their own, recovery codes and passkeys, which are not counted.
 */
export const TOTP_GUESSES: GuessRules = {
  device: { name: "totp-device", max: 10, windowMillis: 15 * MINUTE_MS },
  stranger: { name: "totp-stranger", max: 10, windowMillis: 15 * MINUTE_MS },
  crowd: { name: "totp-crowd", max: 20, windowMillis: 60 * MINUTE_MS },
  crowdedMax: 0,
};

/**
 * Counts a guess before it is looked at, so that many at once are no way round; throws 429 beyond the limits. The owner
 * is let in through a browser used before or from any network that has not guessed wrong itself.
 */
export async function admitGuess(context: Context, rules: GuessRules, guess: Guess): Promise<void> {
  if (guess.deviceId !== undefined) {
    const { count, retryAfterSeconds } = await countUp(context, rules.device, deviceOf(guess));
    if (count > maxOf(context, rules.device)) throw tooMany(retryAfterSeconds);
    return;
  }
  const stranger = await countUp(context, rules.stranger, strangerOf(guess));
  if (stranger.count > maxOf(context, rules.stranger)) throw tooMany(stranger.retryAfterSeconds);
  const crowd = await countUp(context, rules.crowd, guess.account);
  if (crowd.count <= maxOf(context, rules.crowd)) return;
  if (stranger.count > rules.crowdedMax)
    throw tooMany(rules.crowdedMax === 0 ? crowd.retryAfterSeconds : stranger.retryAfterSeconds);
}

/** A right guess takes back what its own place did wrong before. */
export async function forgiveGuesses(
  context: Context,
  rules: GuessRules,
  guess: Guess,
): Promise<void> {
  if (guess.deviceId !== undefined) await forget(context, rules.device, deviceOf(guess));
  else await forget(context, rules.stranger, strangerOf(guess));
}

function deviceOf({ account, deviceId }: Guess): string {
  return `${account} ${deviceId}`;
}

function strangerOf({ account, address }: Guess): string {
  return `${account} ${networkOf(address)}`;
}
